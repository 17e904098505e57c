using IdP.Recovery.Audit;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Factors;

/// <summary>
/// A browser that is not asked for a second factor; a row of <c>RecoveryRememberedBrowsers</c>. Security: threat 7. It
/// is bound to the account's security stamp, so that a new password forgets it, and to its set of factors: whatever is
/// added or removed deletes it.
/// </summary>
public sealed class RememberedBrowser
{
    /// <summary>The id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>SHA-256 of the cookie's secret.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>Whose browser it is.</summary>
    public required string AccountId { get; init; }

    /// <summary>The account's security stamp when it was remembered.</summary>
    public required string SecurityStamp { get; set; }

    /// <summary>Since when.</summary>
    public DateTimeOffset RememberedAt { get; init; }

    /// <summary>Until when.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>From which address.</summary>
    public string? Network { get; init; }

    /// <summary>Which browser, in words.</summary>
    public string? Browser { get; init; }
}

/// <summary>Remembers browsers, and forgets them.</summary>
public sealed class RememberedBrowsers(
    UnitOfWork work,
    AuditLog audit,
    IOptions<MfaOptions> options,
    IOptions<OriginOptions> origin
)
{
    private const string Cookie = "idp-browser";

    private DbSet<RememberedBrowser> Rows => work.Context.Set<RememberedBrowser>();

    /// <summary>How long a browser of an account is remembered; zero where none is.</summary>
    public TimeSpan LifetimeFor(RecoverableAccount account) =>
        account.Audience == Audience.Administrator && !options.Value.RememberAdministrators
            ? TimeSpan.Zero
            : options.Value.RememberBrowserFor;

    /// <summary>The browsers that are remembered for an account, newest first.</summary>
    public async Task<IReadOnlyList<RememberedBrowser>> ListAsync(
        RecoverableAccount account,
        CancellationToken cancellationToken
    ) => await Living(account).AsNoTracking().OrderByDescending(b => b.RememberedAt).ToListAsync(cancellationToken);

    /// <summary>Forgets one; false when it is not one of the account's.</summary>
    /// <param name="id">The browser.</param>
    public async Task<bool> ForgetAsync(string accountId, Guid id, CancellationToken cancellationToken) =>
        await Rows.Where(b => b.AccountId == accountId && b.Id == id).ExecuteDeleteAsync(cancellationToken) == 1;

    /// <summary>Forgets all of an account.</summary>
    internal Task<int> ForgetAllAsync(string accountId, CancellationToken cancellationToken) =>
        Rows.Where(b => b.AccountId == accountId).ExecuteDeleteAsync(cancellationToken);

    internal Task<bool> KnowsAsync(HttpContext http, RecoverableAccount account, CancellationToken cancellationToken) =>
        LifetimeFor(account) > TimeSpan.Zero && Secrets.Hash(http.Request.Cookies[Cookie]) is { } hash
            ? Living(account).AnyAsync(b => b.TokenHash == hash, cancellationToken)
            : Task.FromResult(false);

    internal async Task RememberAsync(
        HttpContext http,
        RecoverableAccount account,
        Requester from,
        CancellationToken cancellationToken
    )
    {
        var lifetime = LifetimeFor(account);
        if (lifetime == TimeSpan.Zero)
        {
            return;
        }

        var token = Secrets.NewToken();
        var browser = new RememberedBrowser
        {
            Id = Guid.CreateVersion7(work.Now),
            TokenHash = Secrets.Hash(token)!,
            AccountId = account.Id,
            SecurityStamp = account.SecurityStamp,
            RememberedAt = work.Now,
            ExpiresAt = work.Now + lifetime,
            Network = from.Network,
            Browser = from.Browser,
        };
        await work.RunAsync(
            _ =>
            {
                work.Context.Add(browser);
                audit.Add(
                    AuditEventTypes.BrowserRemembered,
                    account.Id,
                    from,
                    browser.Id.ToString(),
                    actorId: account.Id
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
        http.Response.Cookies.Append(
            Cookie,
            token,
            new CookieOptions
            {
                HttpOnly = true,
                SameSite = SameSiteMode.Lax,
                Secure = origin.Value.Origin?.Scheme == Uri.UriSchemeHttps,
                Path = "/login",
                MaxAge = lifetime,
                IsEssential = true,
            }
        );
    }

    internal Task PruneAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        return Rows.Where(b => b.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
    }

    private IQueryable<RememberedBrowser> Living(RecoverableAccount account)
    {
        var now = work.Now;
        return Rows.Where(b =>
            b.AccountId == account.Id && b.SecurityStamp == account.SecurityStamp && b.ExpiresAt > now
        );
    }
}

internal sealed class RememberedBrowserConfiguration : IEntityTypeConfiguration<RememberedBrowser>
{
    public void Configure(EntityTypeBuilder<RememberedBrowser> builder)
    {
        builder.ToTable("RecoveryRememberedBrowsers");
        builder.Property(b => b.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(b => b.SecurityStamp).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(b => b.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.Property(b => b.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(b => b.Browser).HasMaxLength(Requester.MaxLength);
        builder.HasIndex(b => b.TokenHash).IsUnique();
        builder.HasIndex(b => b.AccountId);
    }
}
