namespace IdentityProvider.Tests;
