using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery;

/// <summary>What a mailed link of <see cref="MailedLink"/> does.</summary>
public enum MailedLinkKind
{
    /// <summary>Unlocks the account it was mailed to.</summary>
    Unlock,

    /// <summary>Stops an administrator's reset, pending or done.</summary>
    StopReset,

    /// <summary>Objects to an MFA reset that waits for a second administrator.</summary>
    ObjectToMfaReset,
}

/// <summary>
/// A one-time link beside those of the password reset; a row of <c>RecoveryMailedLinks</c>. Its token is minted by the
/// job that mails it.
/// </summary>
public sealed class MailedLink
{
    /// <summary>The link's id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>What it does.</summary>
    public MailedLinkKind Kind { get; init; }

    /// <summary>To whom it is mailed.</summary>
    public required string AccountId { get; init; }

    /// <summary>What it is about: the reset request that it stops, or the lock that it lifts.</summary>
    public string? SubjectId { get; init; }

    /// <summary>When its cause happened.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>From which address the cause came.</summary>
    public string? Network { get; init; }

    /// <summary>From which browser, in words.</summary>
    public string? Browser { get; init; }

    /// <summary>SHA-256 of the token.</summary>
    public byte[]? TokenHash { get; set; }

    /// <summary>The token, encrypted, only until the mail server has accepted the mail.</summary>
    public string? ProtectedToken { get; set; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the mail server accepted it.</summary>
    public DateTimeOffset? SentAt { get; set; }

    /// <summary>Proofs of a second factor that were tried with it.</summary>
    public int Proofs { get; set; }

    /// <summary>When it was used, which it can be once.</summary>
    public DateTimeOffset? UsedAt { get; set; }

    internal Requester Requester => new(Network, Browser);
}

/// <summary>Mints, finds and spends mailed links.</summary>
public sealed class MailedLinks(UnitOfWork work, Secrets secrets)
{
    private DbSet<MailedLink> Links => work.Context.Set<MailedLink>();

    /// <summary>Adds a link to the transaction of its cause; the mail is the caller's to enqueue.</summary>
    internal static MailedLink Add(
        UnitOfWork work,
        MailedLinkKind kind,
        string accountId,
        string? subjectId,
        Requester requester,
        TimeSpan lifetime
    )
    {
        var link = new MailedLink
        {
            Id = Guid.CreateVersion7(work.Now),
            Kind = kind,
            AccountId = accountId,
            SubjectId = subjectId,
            At = work.Now,
            Network = requester.Network,
            Browser = requester.Browser,
            ExpiresAt = work.Now + lifetime,
        };
        work.Context.Add(link);
        return link;
    }

    /// <summary>Adds a link that does the same, for another mailbox; its mail is the caller's to enqueue.</summary>
    internal static MailedLink Copy(UnitOfWork work, MailedLink link)
    {
        var copy = new MailedLink
        {
            Id = Guid.CreateVersion7(work.Now),
            Kind = link.Kind,
            AccountId = link.AccountId,
            SubjectId = link.SubjectId,
            At = link.At,
            Network = link.Network,
            Browser = link.Browser,
            ExpiresAt = link.ExpiresAt,
        };
        work.Context.Add(copy);
        return copy;
    }

    /// <summary>
    /// The token to mail: the same at every try; none when the link has run out. Null when there is nothing to mail any
    /// more.
    /// </summary>
    internal async Task<(MailedLink Link, string? Token)?> PrepareAsync(Guid id, CancellationToken cancellationToken)
    {
        var link = await Links.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, cancellationToken);
        if (link is not { SentAt: null, UsedAt: null })
        {
            return null;
        }

        if (link.ExpiresAt <= work.Now)
        {
            return (link, null);
        }

        var token = secrets.Unprotect(link.ProtectedToken) ?? Secrets.NewToken();
        var hash = Secrets.Hash(token);
        await Links
            .Where(l => l.Id == id && l.SentAt == null)
            .ExecuteUpdateAsync(
                set =>
                    set.SetProperty(l => l.TokenHash, hash).SetProperty(l => l.ProtectedToken, secrets.Protect(token)),
                cancellationToken
            );
        return (link, token);
    }

    /// <summary>The mail server has the mail: only the hash is left.</summary>
    internal Task SentAsync(Guid id, CancellationToken cancellationToken) =>
        Links
            .Where(l => l.Id == id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(l => l.SentAt, work.Now).SetProperty(l => l.ProtectedToken, (string?)null),
                cancellationToken
            );

    /// <summary>The link of a token, if it still works.</summary>
    internal async Task<MailedLink?> FindAsync(MailedLinkKind kind, string? token, CancellationToken cancellationToken)
    {
        if (Secrets.Hash(token) is not { } hash)
        {
            return null;
        }

        var now = work.Now;
        return await Links
            .AsNoTracking()
            .SingleOrDefaultAsync(
                l => l.TokenHash == hash && l.Kind == kind && l.UsedAt == null && l.ExpiresAt > now,
                cancellationToken
            );
    }

    /// <summary>Spends it; false when another was first. Inside the transaction of what it does.</summary>
    internal async Task<bool> SpendAsync(Guid id, CancellationToken cancellationToken) =>
        await Links
            .Where(l => l.Id == id && l.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.UsedAt, work.Now), cancellationToken) == 1;

    /// <summary>Counts a proof tried with it, before it is looked at; false when no more are allowed.</summary>
    internal async Task<bool> CountProofAsync(Guid id, int limit, CancellationToken cancellationToken) =>
        await Links
            .Where(l => l.Id == id && l.UsedAt == null && l.Proofs < limit)
            .ExecuteUpdateAsync(set => set.SetProperty(l => l.Proofs, l => l.Proofs + 1), cancellationToken) == 1;
}

internal sealed class MailedLinkConfiguration : IEntityTypeConfiguration<MailedLink>
{
    public void Configure(EntityTypeBuilder<MailedLink> builder)
    {
        builder.ToTable("RecoveryMailedLinks");
        builder.Property(l => l.Kind).HasConversion<string>().HasMaxLength(32);
        builder.Property(l => l.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(l => l.SubjectId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(l => l.Network).HasMaxLength(Requester.MaxLength);
        builder.Property(l => l.Browser).HasMaxLength(Requester.MaxLength);
        builder.Property(l => l.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.HasIndex(l => l.TokenHash).IsUnique();
        builder.HasIndex(l => l.SubjectId);
        builder.HasIndex(l => l.ExpiresAt);
    }
}
