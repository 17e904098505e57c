using System.Globalization;
using IdentityProvider.Data;
using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Accounts;

/// <summary>What an administrator says of a new account.</summary>
internal sealed record NewAccount(string? Email)
{
    public string? Name { get; init; }

    public string? GivenName { get; init; }

    public string? FamilyName { get; init; }

    public string? Locale { get; init; }

    public string? ZoneInfo { get; init; }

    public string? PhoneNumber { get; init; }

    /// <summary>Null: the owner chooses one by a link.</summary>
    public string? Password { get; init; }

    public Audience Audience { get; init; } = Audience.User;
}

/// <summary>How the making of an account ended.</summary>
internal abstract record AccountCreation
{
    private AccountCreation() { }

    /// <summary>It is there.</summary>
    public sealed record Created(RecoverableAccount Account) : AccountCreation;

    /// <summary>Something of it is out of shape; a sentence for each.</summary>
    public sealed record Invalid(IReadOnlyList<string> Problems) : AccountCreation;

    /// <summary>The address names an account already.</summary>
    public sealed record Exists : AccountCreation;

    /// <summary>The password may not be used.</summary>
    public sealed record PasswordRefused(PasswordVerdict Verdict) : AccountCreation;
}

/// <summary>Makes an account whose address an administrator vouches for.</summary>
internal sealed class CreateAccount(
    UnitOfWork work,
    IdpDbContext context,
    UserManager<Account> users,
    RoleManager<IdentityRole> roles,
    RoleNames roleNames,
    IAccounts accounts,
    IPasswords passwords,
    PasswordPolicy policy,
    AuditLog audit,
    TimeProvider time
)
{
    private const string DuplicateName = nameof(IdentityErrorDescriber.DuplicateUserName);
    private const string DuplicateAddress = nameof(IdentityErrorDescriber.DuplicateEmail);

    /// <summary>Makes one.</summary>
    /// <param name="account">What is known of it.</param>
    /// <param name="actor">Who asked, for the audit.</param>
    /// <param name="cancellationToken">Stops; nothing is kept then.</param>
    public async Task<AccountCreation> RunAsync(
        NewAccount account,
        Actor actor,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var problems = AccountRules.Check(account).ToList();
        if (problems.Count > 0)
        {
            return new AccountCreation.Invalid(problems);
        }

        var address = EmailAddress.Normalize(account.Email)!;
        if (await accounts.FindByAddressAsync(address, cancellationToken) is not null)
        {
            return new AccountCreation.Exists();
        }

        // Order: the hash comes before the transaction, since it takes long.
        var made = Make(account, time.GetUtcNow());
        if (account.Password is { } password)
        {
            var verdict = policy.Judge(password, Describe(made, account.Audience));
            if (verdict is not PasswordVerdict.Accepted)
            {
                return new AccountCreation.PasswordRefused(verdict);
            }

            made.PasswordHash = await passwords.HashAsync(password, cancellationToken);
        }

        try
        {
            if (!await work.RunAsync(_ => KeepAsync(made, account.Audience, actor, requester), cancellationToken))
            {
                return new AccountCreation.Exists();
            }
        }
        catch (DbUpdateException)
            when (!cancellationToken.IsCancellationRequested
                && context.Users.Any(a => a.NormalizedEmail == address && a.Id != made.Id)
            )
        {
            // Another was first. Order: what could not be saved must not be tried again with the caller's own work.
            context.Entry(made).State = EntityState.Detached;
            return new AccountCreation.Exists();
        }

        return new AccountCreation.Created((await accounts.FindAsync(made.Id, cancellationToken))!);
    }

    /// <summary>Adds many to the transaction under way; all are new and in shape.</summary>
    public void AddMany(IEnumerable<NewAccount> many, string actorId)
    {
        foreach (var account in many)
        {
            var made = Make(account, time.GetUtcNow());
            made.NormalizedEmail = made.NormalizedUserName = EmailAddress.Normalize(made.Email);
            made.SecurityStamp = Secrets.NewToken();
            context.Add(made);
            audit.Add(AuditEventTypes.AccountCreated, made.Id, Requester.None, actorId: actorId);
        }
    }

    private async Task<bool> KeepAsync(Account made, Audience audience, Actor actor, Requester requester)
    {
        var created = await users.CreateAsync(made);
        if (created.Errors.Any(e => e.Code is DuplicateName or DuplicateAddress))
        {
            return false;
        }

        Succeed(created);
        if (audience == Audience.Administrator)
        {
            var role = roleNames.OfHost(RecoverableAccount.AdministratorRole);
            if (!await roles.RoleExistsAsync(role))
            {
                Succeed(await roles.CreateAsync(new IdentityRole(role)));
            }

            Succeed(await users.AddToRoleAsync(made, role));
        }

        audit.Add(AuditEventTypes.AccountCreated, made.Id, requester, actorId: actor.Id, proof: actor.Proof);
        return true;
    }

    private static Account Make(NewAccount account, DateTimeOffset now)
    {
        var email = account.Email!.Trim(' ');
        return new()
        {
            Id = Guid.CreateVersion7(now).ToString(),
            UserName = email,
            Email = email,
            EmailConfirmed = true,
            LockoutEnabled = true,
            DisplayName = account.Name,
            GivenName = account.GivenName,
            FamilyName = account.FamilyName,
            Locale = account.Locale,
            ZoneInfo = account.ZoneInfo,
            PhoneNumber = account.PhoneNumber,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private static RecoverableAccount Describe(Account account, Audience audience) =>
        new(
            account.Id,
            account.Email!,
            EmailAddress.Normalize(account.Email)!,
            EmailConfirmed: true,
            account.DisplayName,
            account.Locale,
            account.ZoneInfo,
            audience,
            HasPassword: false,
            Suspended: false,
            LockedUntil: null,
            SecurityStamp: ""
        );

    private static void Succeed(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new InvalidOperationException(
                "Identity refused what was checked before: " + string.Join(", ", result.Errors.Select(e => e.Code))
            );
        }
    }
}

/// <summary>The shape of what an administrator says of an account.</summary>
internal static class AccountRules
{
    private const int LongestName = 128;
    private const int LongestPartOfName = 64;
    private const int LongestPhoneNumber = 32;

    /// <summary>One sentence for each broken rule, which never repeats what was given.</summary>
    public static IEnumerable<string> Check(NewAccount account)
    {
        if (EmailAddress.Normalize(account.Email) is null)
        {
            yield return "email must be an address such as ada@example.org, in ASCII.";
        }

        foreach (
            var (column, value, longest) in new[]
            {
                ("name", account.Name, LongestName),
                ("given_name", account.GivenName, LongestPartOfName),
                ("family_name", account.FamilyName, LongestPartOfName),
                ("phone_number", account.PhoneNumber, LongestPhoneNumber),
            }
        )
        {
            if (value?.Length > longest)
            {
                yield return $"{column} must have at most {longest} characters, but had {value.Length}.";
            }

            if (value is not null && !PlainText.Is(value))
            {
                yield return $"{column} must be one line without control characters and direction marks.";
            }
        }

        if (account.Locale is { } locale && !IsLocale(locale))
        {
            yield return "locale must be a language tag such as de or de-AT.";
        }

        if (
            account.ZoneInfo is { } zone && !(zone.Contains('/', StringComparison.Ordinal) || zone == "UTC")
            || account.ZoneInfo is { } named && !TimeZoneInfo.TryFindSystemTimeZoneById(named, out _)
        )
        {
            yield return "zoneinfo must be an IANA zone such as Europe/Berlin.";
        }
    }

    private static bool IsLocale(string tag) =>
        tag.Length <= 16
        && tag.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        && CultureInfo
            .GetCultures(CultureTypes.AllCultures)
            .Any(c => string.Equals(c.Name, tag, StringComparison.OrdinalIgnoreCase) && tag != "");
}
