using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.PasswordReset;

/// <summary>A recurring job: drops what is past its retention. What happened stays in the audit.</summary>
public sealed class PrunePasswordResets(
    UnitOfWork work,
    RequestLimits limits,
    IOptions<PasswordResetOptions> options
)
{
    private readonly PasswordResetOptions options = options.Value;

    /// <summary>Does it. Called every hour.</summary>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var before = work.Now - options.Retention;
        await work
            .Context.Set<PasswordResetRequest>()
            .Where(r => r.RequestedAt < before)
            .ExecuteDeleteAsync(cancellationToken);
        await work
            .Context.Set<PasswordChangeNotice>()
            .Where(n => n.ExpiresAt < before)
            .ExecuteDeleteAsync(cancellationToken);
        await limits.PruneAsync(cancellationToken);
    }
}
