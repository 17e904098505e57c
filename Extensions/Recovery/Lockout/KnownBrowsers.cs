using IdP.Recovery.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Lockout;

/// <summary>
/// A browser in which somebody has signed in to an account; a row of <c>RecoveryKnownBrowsers</c>. It proves nothing:
/// what fails in it is counted apart from what strangers fail elsewhere.
/// </summary>
public sealed class KnownBrowser
{
    /// <summary>The id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>Whose account.</summary>
    public required string AccountId { get; init; }

    /// <summary>SHA-256 of the cookie's secret, which is the browser's and the same for each of its accounts.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>When it was first signed in from.</summary>
    public DateTimeOffset KnownSince { get; init; }

    /// <summary>When it was last signed in from.</summary>
    public DateTimeOffset LastSeenAt { get; set; }
}

/// <summary>Under what a try is counted.</summary>
/// <param name="Id">The account, or the fingerprint of an address that no account has.</param>
/// <param name="Browser">The known browser that it comes from; empty for all others together.</param>
internal readonly record struct CountedBy(string Id, string Browser = "")
{
    public bool IsKnownBrowser => Browser.Length > 0;
}

/// <summary>
/// Knows in which browsers an account was signed in to, by a cookie of a year (the device cookie of OWASP's 'Slow Down
/// Online Guessing Attacks'). Security: threat 12. Whoever guesses from elsewhere locks out those elsewhere, and the owner
/// signs in on.
/// </summary>
public sealed class KnownBrowsers(UnitOfWork work, AuditLog audit, IOptions<OriginOptions> origin)
{
    /// <summary>The cookie over http, which is for a loopback address.</summary>
    internal const string Cookie = "idp-known";

    // Bound to this very host, so that no neighbour sets it.
    private const string SecureCookie = "__Host-" + Cookie;

    private const int MostOfAnAccount = 20;
    private const int PrunedAtOnce = 1_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private DbSet<KnownBrowser> Rows => work.Context.Set<KnownBrowser>();

    /// <summary>The browser's secret, for <see cref="Requester.BrowserToken"/>; null where it has none yet.</summary>
    // Security: over https only the bound one, or a neighbour's would do. Behind a proxy that is not named here https
    // looks like http.
    public static string? TokenOf(HttpRequest request) =>
        request.Cookies[SecureCookie] ?? (request.IsHttps ? null : request.Cookies[Cookie]);

    /// <summary>Under what a try of a requester is counted.</summary>
    /// <param name="id">As <see cref="FailureCounts.CountedAs"/>.</param>
    // Security: threat 11. Asked whether or not there is such an account.
    internal async Task<CountedBy> CountedByAsync(string id, Requester requester, CancellationToken cancellationToken)
    {
        if (Secrets.Hash(requester.BrowserToken) is not { } hash)
        {
            return new(id);
        }

        var since = work.Now - Lifetime;
        var known = await Rows.Where(b => b.AccountId == id && b.TokenHash == hash && b.LastSeenAt > since)
            .Select(b => (Guid?)b.Id)
            .SingleOrDefaultAsync(cancellationToken);
        return known is { } browser ? new(id, browser.ToString("n")) : new(id);
    }

    /// <summary>
    /// After a sign-in, or a reset that was completed, in its transaction: the secret that the browser is to keep, by
    /// <see cref="Keep"/>. Of one that is new to the account the audit tells, where somebody has signed in.
    /// </summary>
    internal async Task<string> SeenAsync(
        string accountId,
        Requester requester,
        bool signedIn,
        CancellationToken cancellationToken
    )
    {
        var hash = Secrets.Hash(requester.BrowserToken);
        if (
            hash is not null
            && await Rows.Where(b => b.AccountId == accountId && b.TokenHash == hash)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.LastSeenAt, work.Now), cancellationToken) == 1
        )
        {
            return requester.BrowserToken!;
        }

        // Security: a secret that came with the browser may have been planted or copied there. A new one takes its place,
        // for the browser's other accounts too.
        var token = Secrets.NewToken();
        var fresh = Secrets.Hash(token)!;
        if (hash is not null)
        {
            await Rows.Where(b => b.TokenHash == hash)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.TokenHash, fresh), cancellationToken);
        }

        await DropOldestAsync(accountId, cancellationToken);
        var browser = new KnownBrowser
        {
            Id = Guid.CreateVersion7(work.Now),
            AccountId = accountId,
            TokenHash = fresh,
            KnownSince = work.Now,
            LastSeenAt = work.Now,
        };
        work.Context.Add(browser);
        if (signedIn)
        {
            audit.Add(AuditEventTypes.NewBrowser, accountId, requester, browser.Id.ToString(), actorId: accountId);
        }

        return token;
    }

    /// <summary>Gives a browser its secret, for a year from now.</summary>
    public void Keep(HttpResponse response, string token)
    {
        var isSecure = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps;
        response.Cookies.Append(
            isSecure ? SecureCookie : Cookie,
            token,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = isSecure,
                Path = "/",
                MaxAge = Lifetime,
                IsEssential = true,
            }
        );
    }

    /// <summary>Forgets those of an account: somebody else may have signed in from one of them.</summary>
    /// <param name="but">Whose browser stays known; null for none.</param>
    internal async Task ForgetAsync(string accountId, Requester? but, CancellationToken cancellationToken)
    {
        var kept = Secrets.Hash(but?.BrowserToken);
        await DropAsync(
            accountId,
            await Rows.Where(b => b.AccountId == accountId && (kept == null || b.TokenHash != kept))
                .Select(b => b.Id)
                .ToListAsync(cancellationToken),
            cancellationToken
        );
    }

    internal async Task PruneAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - Lifetime;
        while (true)
        {
            var old = await Rows.Where(b => b.LastSeenAt < before)
                .Select(b => new { b.Id, b.AccountId })
                .Take(PrunedAtOnce)
                .ToListAsync(cancellationToken);
            foreach (var account in old.GroupBy(b => b.AccountId))
            {
                await DropAsync(account.Key, [.. account.Select(b => b.Id)], cancellationToken);
            }

            if (old.Count < PrunedAtOnce)
            {
                return;
            }
        }
    }

    private async Task DropOldestAsync(string accountId, CancellationToken cancellationToken) =>
        await DropAsync(
            accountId,
            await Rows.Where(b => b.AccountId == accountId)
                .OrderByDescending(b => b.LastSeenAt)
                .Select(b => b.Id)
                .Skip(MostOfAnAccount - 1)
                .ToListAsync(cancellationToken),
            cancellationToken
        );

    // With what was counted in them.
    private async Task DropAsync(string accountId, List<Guid> browsers, CancellationToken cancellationToken)
    {
        if (browsers.Count == 0)
        {
            return;
        }

        var counted = browsers.ConvertAll(id => id.ToString("n"));
        await work
            .Context.Set<FailureCount>()
            .Where(c => c.AccountId == accountId && counted.Contains(c.Browser))
            .ExecuteDeleteAsync(cancellationToken);
        await Rows.Where(b => browsers.Contains(b.Id)).ExecuteDeleteAsync(cancellationToken);
    }
}

internal sealed class KnownBrowserConfiguration : IEntityTypeConfiguration<KnownBrowser>
{
    public void Configure(EntityTypeBuilder<KnownBrowser> builder)
    {
        builder.ToTable("RecoveryKnownBrowsers");
        builder.Property(b => b.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(b => b.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(b => new { b.AccountId, b.TokenHash }).IsUnique();
        builder.HasIndex(b => b.LastSeenAt);
    }
}
