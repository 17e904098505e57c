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
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private DbSet<KnownBrowser> Rows => work.Context.Set<KnownBrowser>();

    /// <summary>The browser's secret, for <see cref="Requester.BrowserToken"/>; null where it has none yet.</summary>
    public static string? TokenOf(HttpRequest request) => request.Cookies[SecureCookie] ?? request.Cookies[Cookie];

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

    /// <summary>After a sign-in, in its transaction. Of a browser that is new to the account the audit tells.</summary>
    internal async Task SeenAsync(
        HttpContext http,
        string accountId,
        Requester requester,
        CancellationToken cancellationToken
    )
    {
        var token = Secrets.Hash(requester.BrowserToken) is null ? Secrets.NewToken() : requester.BrowserToken!;
        var hash = Secrets.Hash(token)!;
        var seen = await Rows.Where(b => b.AccountId == accountId && b.TokenHash == hash)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.LastSeenAt, work.Now), cancellationToken);
        var id = Guid.CreateVersion7(work.Now);
        if (seen == 0 && await TryAddAsync(id, accountId, hash, cancellationToken))
        {
            audit.Add(AuditEventTypes.NewBrowser, accountId, requester, id.ToString(), actorId: accountId);
            await DropOldestAsync(accountId, cancellationToken);
        }

        var isSecure = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps;
        http.Response.Cookies.Append(
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

    // Of two sign-ins at once in one browser, such as of a form that was sent twice, neither fails.
    private async Task<bool> TryAddAsync(
        Guid id,
        string accountId,
        byte[] tokenHash,
        CancellationToken cancellationToken
    )
    {
        var now = work.Stored<KnownBrowser>(nameof(KnownBrowser.LastSeenAt), work.Now);
        return await work.Context.Database.ExecuteSqlAsync(
                $"""
                INSERT INTO "RecoveryKnownBrowsers" ("Id", "AccountId", "TokenHash", "KnownSince", "LastSeenAt")
                VALUES ({id}, {accountId}, {tokenHash}, {now}, {now})
                ON CONFLICT ("AccountId", "TokenHash") DO NOTHING
                """,
                cancellationToken
            ) == 1;
    }

    /// <summary>Forgets all of an account: somebody else may have signed in from one of them.</summary>
    internal async Task ForgetAllAsync(string accountId, CancellationToken cancellationToken)
    {
        await Rows.Where(b => b.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);
        await work
            .Context.Set<FailureCount>()
            .Where(c => c.AccountId == accountId && c.Browser != "")
            .ExecuteDeleteAsync(cancellationToken);
    }

    internal async Task PruneAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - Lifetime;
        await Rows.Where(b => b.LastSeenAt < before).ExecuteDeleteAsync(cancellationToken);
    }

    private async Task DropOldestAsync(string accountId, CancellationToken cancellationToken)
    {
        var kept = await Rows.Where(b => b.AccountId == accountId)
            .OrderByDescending(b => b.LastSeenAt)
            .Select(b => b.Id)
            .Take(MostOfAnAccount)
            .ToListAsync(cancellationToken);
        if (kept.Count == MostOfAnAccount)
        {
            await Rows.Where(b => b.AccountId == accountId && !kept.Contains(b.Id))
                .ExecuteDeleteAsync(cancellationToken);
        }
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
