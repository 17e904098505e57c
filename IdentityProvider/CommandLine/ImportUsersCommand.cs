using System.CommandLine;
using Spectre.Console;

namespace IdentityProvider.CommandLine;

internal static class ImportUsersCommand
{
    private const int MostShown = 100;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "CSV in UTF-8, with a header." };
        var skip = new Option<bool>("--skip-invalid")
        {
            Description = "Import the lines that are right, and leave the others.",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check every line and change nothing." };
        var json = CommandHost.NewJsonOption();
        var command = new Command(
            "import",
            """
            Make an account for every line of a file with the columns email (required), name, given_name, family_name,
            locale, zoneinfo and phone_number. All or nothing, unless --skip-invalid. Nobody is mailed: people choose
            a password by 'Reset User Password'.

            Examples:
              IdentityProvider users import people.csv --dry-run
              IdentityProvider users import people.csv --skip-invalid --json
            """
        )
        {
            file,
            skip,
            dryRun,
            json,
        };
        command.SetAction(
            (parsed, cancelled) =>
                CommandHost.RunAsync(
                    async services =>
                    {
                        var result = await ProgressBar.RunAsync(
                            "Importing",
                            progress =>
                                services
                                    .GetRequiredService<ImportUsers>()
                                    .RunAsync(
                                        parsed.GetRequiredValue(file).FullName,
                                        parsed.GetValue(skip),
                                        parsed.GetValue(dryRun),
                                        CommandHost.Actor,
                                        progress,
                                        cancelled
                                    )
                        );
                        Show(result, parsed.GetValue(dryRun), parsed.GetValue(json));
                        return result.Problems.Count == 0 || parsed.GetValue(skip) ? ExitCodes.Done : ExitCodes.Failed;
                    },
                    cancelled
                )
        );
        return command;
    }

    private static void Show(ImportResult result, bool dryRun, bool json)
    {
        if (json)
        {
            CommandHost.WriteJson(
                new
                {
                    created = result.Created,
                    valid = result.Valid,
                    problems = result.Problems.Select(p => new { line = p.Line, message = p.Text }),
                }
            );
            return;
        }

        foreach (var problem in result.Problems.Take(MostShown))
        {
            Console.Error.WriteLine($"Line {problem.Line}: {problem.Text}");
        }

        if (result.Problems.Count > MostShown)
        {
            Console.Error.WriteLine($"... and {result.Problems.Count - MostShown} more.");
        }

        Console.Out.WriteLine(
            dryRun ? $"{result.Valid} lines are right, {result.Problems.Count} problems. Nothing was changed."
            : result.Created == 0 && result.Problems.Count > 0
                ? $"Nothing was imported: {result.Problems.Count} problems."
            : $"{result.Created} accounts were created, {result.Problems.Count} problems."
        );
    }
}
