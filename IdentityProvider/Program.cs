using IdentityProvider.CommandLine;

return await IdpCommand.RunAsync(args);
