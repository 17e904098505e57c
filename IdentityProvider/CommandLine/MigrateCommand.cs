using System.CommandLine;
using IdentityProvider.Data;
using IdentityProvider.Jobs;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.CommandLine;

internal static class MigrateCommand
{
    public static Command Create()
    {
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "migrate",
            "Create the database's tables or bring them up to date. Needs only the database's settings."
        )
        {
            json,
        };
        command.SetAction((parsed, cancelled) => RunAsync(parsed.GetValue(json), cancelled));
        return command;
    }

    private static async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        await using var app = CommandHost.Build();
        _ = app.Services.GetRequiredService<IOptions<DatabaseOptions>>().Value;
        await using var scope = app.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<IdpDbContext>().Database;
        var pending = (await database.GetPendingMigrationsAsync(cancellationToken)).ToList();
        await database.MigrateAsync(cancellationToken);
        JobServices.PrepareStorage(app.Configuration);
        if (json)
        {
            CommandHost.WriteJson(new { applied = pending });
        }
        else
        {
            Console.Out.WriteLine(
                pending.Count == 0 ? "The database is up to date." : $"Applied: {string.Join(", ", pending)}"
            );
        }

        return ExitCodes.Done;
    }
}
