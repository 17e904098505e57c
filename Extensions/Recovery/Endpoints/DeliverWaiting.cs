using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Passwords that did not reach a service in time: they are erased, and the person's next sign-in, which brings the
/// password again, delivers it.
/// </summary>
public sealed partial class DeliverWaiting
{
    private readonly UnitOfWork work;
    private readonly EndpointVault vault;
    private readonly WakeDelivery wake;
    private readonly EndpointOptions options;
    private readonly ILogger<DeliverWaiting> logger;

    internal DeliverWaiting(
        UnitOfWork work,
        EndpointVault vault,
        WakeDelivery wake,
        IOptions<EndpointOptions> options,
        ILogger<DeliverWaiting> logger
    )
    {
        this.work = work;
        this.vault = vault;
        this.wake = wake;
        this.options = options.Value;
        this.logger = logger;
    }

    private const int AtATime = 500;

    private DbSet<Receipt> Receipts => work.Context.Set<Receipt>();

    /// <summary>A recurring job: erases what was kept for as long as it may be. Called every minute.</summary>
    public async Task EraseAsync(CancellationToken cancellationToken)
    {
        List<Receipt> over;
        do
        {
            var now = work.Now;

            // What is in a worker's hands is ended by the worker.
            over = await Receipts
                .AsNoTracking()
                .Where(r => r.PasswordUntil <= now && (r.HeldUntil == null || r.HeldUntil <= now))
                .OrderBy(r => r.PasswordUntil)
                .Take(AtATime)
                .ToListAsync(cancellationToken);
            foreach (var receipt in over)
            {
                await EraseAsync(receipt, cancellationToken);
            }
        } while (over.Count == AtATime);
    }

    /// <summary>Sends what waits for a person's password on its way; called once the password was found right.</summary>
    internal async Task RunAsync(string accountId, string password, CancellationToken cancellationToken)
    {
        var waiting = Receipts.Where(r => r.AccountId == accountId && r.State == ReceiptState.WaitsForSignIn);
        var ids = await waiting.Select(r => r.Id).ToListAsync(cancellationToken);
        if (ids.Count == 0)
        {
            return;
        }

        try
        {
            await SendAsync(waiting, ids, password, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A right sign-in is no worse for it; the next one tries again.
            work.Context.ChangeTracker.Clear();
            LogNotSent(exception, accountId);
        }
    }

    private async Task SendAsync(
        IQueryable<Receipt> waiting,
        List<Guid> ids,
        string password,
        CancellationToken cancellationToken
    )
    {
        vault.ReadKeys();
        await work.RunAsync(
            async inner =>
            {
                foreach (var id in ids)
                {
                    var kept = vault.ProtectPassword(id, password);
                    var until = work.Now + options.KeepPassword;

                    // Of two sign-ins at once one sends it.
                    var sent = await waiting
                        .Where(r => r.Id == id)
                        .ExecuteUpdateAsync(
                            set =>
                                set.SetProperty(r => r.State, ReceiptState.Pending)
                                    .SetProperty(r => r.ProtectedPassword, kept)
                                    .SetProperty(r => r.PasswordUntil, until),
                            inner
                        );
                    // What it waited with is used again, so that one receipt has one entry.
                    if (sent == 1 && !await wake.NowAsync(id, inner))
                    {
                        work.Enqueue(DeliverChange.Kind, id.ToString());
                    }
                }
            },
            cancellationToken
        );
    }

    private Task EraseAsync(Receipt receipt, CancellationToken cancellationToken) =>
        work.RunAsync(
            async inner =>
            {
                var now = work.Now;
                var erased = await Receipts
                    .Where(r =>
                        r.Id == receipt.Id && r.PasswordUntil <= now && (r.HeldUntil == null || r.HeldUntil <= now)
                    )
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.State, ReceiptState.WaitsForSignIn)
                                .SetProperty(r => r.ProtectedPassword, (string?)null)
                                .SetProperty(r => r.PasswordUntil, (DateTimeOffset?)null),
                        inner
                    );
                if (erased == 1)
                {
                    await SendReceiptNotice.EnqueueAsync(work, receipt, inner);
                }
            },
            cancellationToken
        );

    [LoggerMessage(LogLevel.Error, "What waits for the sign-in of {Account} could not be sent on its way")]
    private partial void LogNotSent(Exception exception, string account);
}
