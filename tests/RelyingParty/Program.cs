var app = WebApplication.CreateBuilder(args).Build();
app.MapGet("/", () => "The sample relying party");
await app.RunAsync();
