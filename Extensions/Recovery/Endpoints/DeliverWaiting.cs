using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Passwords that did not reach a service in time: they are erased, and the person's next sign-in, which brings the
/// password again, delivers it.
/// </summary>
public sealed class DeliverWaiting
{
    private readonly UnitOfWork work;
    private readonly EndpointVault vault;
    private readonly EndpointOptions options;

    internal DeliverWaiting(UnitOfWork work, EndpointVault vault, IOptions<EndpointOptions> options)
    {
        this.work = work;
        this.vault = vault;
        this.options = options.Value;
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
                    if (sent == 1)
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
                    .Where(r => r.Id == receipt.Id && r.PasswordUntil <= now)
                    .ExecuteUpdateAsync(
                        set =>
                            set.SetProperty(r => r.State, ReceiptState.WaitsForSignIn)
                                .SetProperty(r => r.ProtectedPassword, (string?)null)
                                .SetProperty(r => r.PasswordUntil, (DateTimeOffset?)null),
                        inner
                    );
                if (erased == 1)
                {
                    SendReceiptNotice.Enqueue(work, receipt);
                }
            },
            cancellationToken
        );
}
