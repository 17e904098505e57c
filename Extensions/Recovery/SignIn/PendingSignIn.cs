using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace IdP.Recovery.SignIn;

/// <summary>
/// A sign-in that has given its password and not yet its second factor, or must enroll one; a row of
/// <c>RecoveryPendingSignIns</c>. Security: threat 7. It dies with the account's security stamp, as a session does.
/// </summary>
public sealed class PendingSignIn
{
    /// <summary>The id, which sorts by time.</summary>
    public Guid Id { get; init; }

    /// <summary>SHA-256 of the token that the browser holds.</summary>
    public required byte[] TokenHash { get; init; }

    /// <summary>Who signs in.</summary>
    public required string AccountId { get; init; }

    /// <summary>The account's security stamp when the password was right.</summary>
    public required string SecurityStamp { get; init; }

    /// <summary>Under which portal.</summary>
    public Audience Portal { get; init; }

    /// <summary>What was proved, as RFC 8176 names, separated by spaces.</summary>
    public required string Methods { get; set; }

    /// <summary>When it ends by itself.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When a session came of it, which happens once.</summary>
    public DateTimeOffset? EndedAt { get; set; }
}

/// <summary>Begins, finds and ends pending sign-ins.</summary>
public sealed class PendingSignIns(UnitOfWork work, IAccounts accounts)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private DbSet<PendingSignIn> Rows => work.Context.Set<PendingSignIn>();

    /// <summary>The pending sign-in of a token with its account as it is now; null when it has ended or something changed.</summary>
    /// <param name="token">From the browser.</param>
    public async Task<PendingAccount?> FindAsync(string? token, CancellationToken cancellationToken)
    {
        if (Secrets.Hash(token) is not { } hash)
        {
            return null;
        }

        var now = work.Now;
        var pending = await Rows.AsNoTracking()
            .SingleOrDefaultAsync(
                p => p.TokenHash == hash && p.EndedAt == null && p.ExpiresAt > now,
                cancellationToken
            );
        return
            pending is not null
            && await accounts.FindAsync(pending.AccountId, cancellationToken) is { } account
            && account is { Suspended: false, ClosedUntilReset: false }
            && account.SecurityStamp == pending.SecurityStamp
            ? new(pending.Id, account, pending.Portal, pending.Methods.Split(' '))
            : null;
    }

    internal async Task<string> BeginAsync(
        RecoverableAccount account,
        Audience portal,
        IReadOnlyList<string> methods,
        CancellationToken cancellationToken
    )
    {
        var token = Secrets.NewToken();
        await work.RunAsync(
            _ =>
            {
                work.Context.Add(
                    new PendingSignIn
                    {
                        Id = Guid.CreateVersion7(work.Now),
                        TokenHash = Secrets.Hash(token)!,
                        AccountId = account.Id,
                        SecurityStamp = account.SecurityStamp,
                        Portal = portal,
                        Methods = string.Join(' ', methods),
                        ExpiresAt = work.Now + Lifetime,
                    }
                );
                return Task.CompletedTask;
            },
            cancellationToken
        );
        return token;
    }

    internal Task ProvedAsync(Guid id, IEnumerable<string> methods, CancellationToken cancellationToken)
    {
        var proved = string.Join(' ', methods.Distinct());
        return Rows.Where(p => p.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.Methods, proved), cancellationToken);
    }

    /// <summary>One session comes of it, however often the last step is sent.</summary>
    internal async Task<bool> EndAsync(Guid id, CancellationToken cancellationToken) =>
        await Rows.Where(p => p.Id == id && p.EndedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.EndedAt, work.Now), cancellationToken) == 1;

    internal Task PruneAsync(CancellationToken cancellationToken)
    {
        var now = work.Now;
        return Rows.Where(p => p.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
    }
}

/// <summary>Who is on the way in.</summary>
/// <param name="Id">The pending sign-in.</param>
/// <param name="Portal">Under which portal.</param>
/// <param name="Methods">What was proved so far, as RFC 8176 names.</param>
public sealed record PendingAccount(Guid Id, RecoverableAccount Account, Audience Portal, IReadOnlyList<string> Methods)
{
    /// <summary>Whether a second factor was proved.</summary>
    public bool HasProvedFactor => Methods.Contains("mfa");
}

internal sealed class PendingSignInConfiguration : IEntityTypeConfiguration<PendingSignIn>
{
    public void Configure(EntityTypeBuilder<PendingSignIn> builder)
    {
        builder.ToTable("RecoveryPendingSignIns");
        builder.Property(p => p.AccountId).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(p => p.SecurityStamp).HasMaxLength(RecoverableAccount.MaxIdLength);
        builder.Property(p => p.TokenHash).HasMaxLength(Secrets.HashLength);
        builder.Property(p => p.Portal).HasConversion<string>().HasMaxLength(16);
        builder.Property(p => p.Methods).HasMaxLength(64);
        builder.HasIndex(p => p.TokenHash).IsUnique();
        builder.HasIndex(p => p.AccountId);
        builder.HasIndex(p => p.ExpiresAt);
    }
}
