using IdentityProvider;

var app = ProviderHost.Build(ProviderHost.CreateBuilder(args));
await ProviderHost.PrepareAsync(app, CancellationToken.None);
await app.RunAsync();
