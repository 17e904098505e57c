using IdentityProvider.Accounts;
using IdP.Recovery;
using IdP.Recovery.Console;
using IdP.Recovery.PasswordReset;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Development;

/// <summary>
/// What a newcomer needs after the first start: an administrator to set up, a few people, and lines that say where to
/// go. Only in Development, and only on a loopback address.
/// </summary>
internal static class DevelopmentStart
{
    private static readonly Actor By = new("development", []);
    private const string AdministratorEmail = "admin@example.test";

    private static readonly NewAccount[] People =
    [
        new("ada@example.test")
        {
            Name = "Ada Lovelace",
            GivenName = "Ada",
            FamilyName = "Lovelace",
            Locale = "en",
            ZoneInfo = "Europe/London",
        },
        new("grace@example.test")
        {
            Name = "Grace Hopper",
            GivenName = "Grace",
            FamilyName = "Hopper",
            Locale = "en",
            ZoneInfo = "America/New_York",
        },
        new("konrad@example.test")
        {
            Name = "Konrad Zuse",
            GivenName = "Konrad",
            FamilyName = "Zuse",
            Locale = "de",
            ZoneInfo = "Europe/Berlin",
        },
    ];

    /// <summary>Seeds on the first start, and says at every one where to go. Does nothing outside Development.</summary>
    public static async Task StartDevelopmentAsync(this WebApplication app, CancellationToken cancellationToken)
    {
        var origin = app.Services.GetRequiredService<IOptions<OriginOptions>>().Value;
        if (!app.Environment.IsDevelopment() || origin.Origin is not { IsLoopback: true })
        {
            return;
        }

        await using var scope = app.Services.CreateAsyncScope();
        var administrator = await SeedAsync(scope.ServiceProvider, cancellationToken);
        var setUp = administrator.HasPassword
            ? null
            : await scope
                .ServiceProvider.GetRequiredService<IssuePasswordReset>()
                .ToCallerAsync(administrator, PasswordResetPurpose.SetUp, By.Id, cancellationToken);
        app.Lifetime.ApplicationStarted.Register(() => Tell(origin, setUp));
    }

    private static async Task<RecoverableAccount> SeedAsync(
        IServiceProvider services,
        CancellationToken cancellationToken
    )
    {
        var accounts = services.GetRequiredService<IAccounts>();
        var create = services.GetRequiredService<CreateAccount>();
        var issue = services.GetRequiredService<IssuePasswordReset>();
        var address = EmailAddress.Normalize(AdministratorEmail)!;
        if (await accounts.FindByAddressAsync(address, cancellationToken) is { } known)
        {
            return known;
        }

        await DevelopmentPeople.AddAsync(services, By.Id, cancellationToken);

        // Order: the administrator comes last, whose being there says that the seeding is done.
        foreach (var person in People)
        {
            if (
                await create.RunAsync(person, By, Requester.None, cancellationToken) is AccountCreation.Created
                {
                    Account: var made
                }
            )
            {
                await issue.ByMailAsync(made, By, Requester.None, cancellationToken);
            }
        }

        var administrator = new NewAccount(AdministratorEmail)
        {
            Name = "Administrator",
            Audience = Audience.Administrator,
        };
        return
            await create.RunAsync(administrator, By, Requester.None, cancellationToken)
                is AccountCreation.Created created
            ? created.Account
            : throw new InvalidOperationException("The administrator could not be seeded.");
    }

    private static void Tell(OriginOptions origin, IssuedLink? setUp)
    {
        var lines = new List<string>
        {
            "",
            $"  IdP is running at {origin.Link("/")}   (Development; Ctrl+C ends it)",
            "",
            $"  Sign in             {origin.Link("/login")}",
            $"  Caught mail         {origin.Link("/dev/mail")}   (set-up links of {string.Join(", ", People.Select(p => p.Email!.Split('@')[0]))})",
            setUp is null
                ? $"  Administrator       {origin.Link("/login/administrator")}   ({AdministratorEmail})"
                : $"  Set up {AdministratorEmail} (once, until {setUp.ExpiresAt:u}):\n    {setUp.Link}",
            "  Sample application  dotnet run --project tests/RelyingParty",
            "",
        };
        Console.Out.WriteLine(string.Join(Environment.NewLine, lines));
    }
}
