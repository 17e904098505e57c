using IdentityProvider;

var app = ProviderHost.Build(ProviderHost.CreateBuilder(args));
await app.RunAsync();
