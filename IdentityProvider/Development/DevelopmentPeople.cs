using System.Text;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Enrollment;
using IdP.Recovery.Factors;
using IdP.Recovery.Lockout;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Development;

/// <summary>
/// People in every state that the console knows, so that it is alive at the first start. None has a password, and none is
/// mailed.
/// </summary>
internal static class DevelopmentPeople
{
    private static readonly string[] English =
    [
        "Alan Turing",
        "Annie Easley",
        "Betty Holberton",
        "Charles Babbage",
        "Claude Shannon",
        "David Wheeler",
        "Dorothy Vaughan",
        "Edith Clarke",
        "Edsger Dijkstra",
        "Evelyn Granville",
        "Frances Allen",
        "Frances Spence",
        "George Boole",
        "Gladys West",
        "Hedy Lamarr",
        "Henrietta Leavitt",
        "John Atanasoff",
        "Jean Bartik",
        "Jean Sammet",
        "Joan Clarke",
        "John Backus",
        "John McCarthy",
        "Karen Spärck Jones",
        "Katherine Johnson",
        "Kathleen Antonelli",
        "Kathleen Booth",
        "Kristen Nygaard",
        "Marlyn Meltzer",
        "Mary Jackson",
        "Mary Keller",
        "Mary Somerville",
        "Maurice Wilkes",
        "Niklaus Wirth",
        "Peter Naur",
        "Ruth Teitelbaum",
        "Thomas Flowers",
        "Adele Goldstine",
        "Vera Rubin",
    ];

    private static readonly string[] German =
    [
        "Adam Riese",
        "Bernhard Riemann",
        "Carl Friedrich Gauß",
        "Caroline Herschel",
        "David Hilbert",
        "Emmy Noether",
        "Felix Hausdorff",
        "Friedrich Bauer",
        "Georg Cantor",
        "Gottfried Leibniz",
        "Gottlob Frege",
        "Grete Hermann",
        "Heinz Billing",
        "Helmut Hasse",
        "Klaus Samelson",
        "Leopold Kronecker",
        "Maria Reiche",
        "Max Noether",
        "Ruth Moufang",
    ];

    /// <summary>Adds those who are not there yet, all at once.</summary>
    /// <param name="actorId">Who did it, for the audit.</param>
    public static async Task AddAsync(IServiceProvider services, string actorId, CancellationToken cancellationToken)
    {
        var context = services.GetRequiredService<IdpDbContext>();
        var known = await context.Users.Select(u => u.NormalizedEmail).ToHashSetAsync(cancellationToken);
        NewAccount[] all =
        [
            .. English.Select(n => Describe(n, "en", "Europe/London")),
            .. German.Select(n => Describe(n, "de", "Europe/Berlin")),
        ];
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var create = services.GetRequiredService<CreateAccount>();
        await services
            .GetRequiredService<UnitOfWork>()
            .RunAsync(
                _ =>
                {
                    create.AddMany(all.Where(p => !known.Contains(EmailAddress.Normalize(p.Email))), actorId);
                    var added = context.ChangeTracker.Entries<Account>().Where(e => e.State == EntityState.Added);
                    foreach (var (number, entry) in added.OrderBy(e => e.Entity.Email).ToList().Index())
                    {
                        Put(context, entry.Entity, number, now);
                    }

                    return Task.CompletedTask;
                },
                cancellationToken
            );
    }

    private static NewAccount Describe(string name, string language, string zone)
    {
        var parts = name.Split(' ');
        return new($"{Ascii(parts[0])}.{Ascii(parts[^1])}@example.test")
        {
            Name = name,
            GivenName = string.Join(' ', parts[..^1]),
            FamilyName = parts[^1],
            Locale = language,
            ZoneInfo = zone,
        };
    }

    private static string Ascii(string name) =>
        new([
            .. name.Replace("ß", "ss", StringComparison.Ordinal)
                .Normalize(NormalizationForm.FormD)
                .Where(char.IsAscii)
                .Select(char.ToLowerInvariant),
        ]);

    // Each seventh is in trouble of some kind; of the others some have MFA, and some are on the way to it.
    private static void Put(IdpDbContext context, Account account, int number, DateTimeOffset now)
    {
        account.CreatedAt = account.UpdatedAt = now.AddDays(-60 - (3 * number));
        account.LastSignInAt = number % 6 == 5 ? null : now.AddHours(-7 * number);
        account.TwoFactorEnabled = number % 5 is 0 or 2;
        switch (number % 14)
        {
            case 3:
                account.SuspendedAt = now.AddDays(-number);
                break;
            case 6:
                context.Add(
                    new FailureCount
                    {
                        AccountId = account.Id,
                        Factor = FactorKind.Password,
                        Failures = 5,
                        Locks = 1,
                        LastLockedAt = now,
                        LockedUntil = now.AddHours(number),
                    }
                );
                break;
            case 1 or 8 or 11:
                account.TwoFactorEnabled = false;
                Enroll(context, account, now.AddDays(-10), now.AddDays(1 + (number / 4)));
                break;
            case 13:
                account.TwoFactorEnabled = false;
                Enroll(context, account, now.AddDays(-20), now.AddDays(-number / 14.0));
                break;
            default:
                break;
        }
    }

    private static void Enroll(IdpDbContext context, Account account, DateTimeOffset from, DateTimeOffset to) =>
        context.Add(
            new MfaEnrollment
            {
                AccountId = account.Id,
                StartedAt = from,
                EndsAt = to,
                Cause = EnrollmentCause.Administrator,
            }
        );
}
