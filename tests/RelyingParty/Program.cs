using RelyingParty;

await SampleApp.Build(args).RunAsync();
