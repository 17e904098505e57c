using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using IdP.Recovery.PasswordReset;
using Microsoft.EntityFrameworkCore;

namespace IdP.Recovery;

/// <summary>Whose account outbox work is about, as far as its subject tells.</summary>
internal sealed class WorkOwners(UnitOfWork work, IAccountDirectory directory)
{
    /// <summary>The accounts by subject; what names none, or one that is gone, is left out.</summary>
    /// <param name="subjects">At most 200.</param>
    public async Task<IReadOnlyDictionary<string, RecoverableAccount>> FindAsync(
        IReadOnlyCollection<string> subjects,
        CancellationToken cancellationToken
    )
    {
        // A subject is the id of a row, or an account's; behind a blank stands who is told of it.
        var rows = subjects
            .Select(s => Guid.TryParse(s.Split('/')[0], out var id) ? id : Guid.Empty)
            .Where(id => id != Guid.Empty)
            .Distinct()
            .ToList();
        var owners = await OwnersAsync(rows, cancellationToken);
        var ids = subjects.ToDictionary(
            s => s,
            s =>
                Guid.TryParse(s.Split('/')[0], out var id) && owners.TryGetValue(id, out var accountId)
                    ? accountId
                    : s.Split(' ')[^1],
            StringComparer.Ordinal
        );
        var accounts = await directory.FindAsync([.. ids.Values.Distinct()], cancellationToken);
        return ids.Where(i => accounts.ContainsKey(i.Value))
            .ToDictionary(i => i.Key, i => accounts[i.Value], StringComparer.Ordinal);
    }

    private async Task<Dictionary<Guid, string>> OwnersAsync(List<Guid> rows, CancellationToken cancellationToken)
    {
        var owners = new Dictionary<Guid, string>();
        var context = work.Context;
        IQueryable<Owner>[] sources =
        [
            context.Set<AuditEvent>().Select(e => new Owner { Id = e.Id, AccountId = e.AccountId }),
            context.Set<ResetRequest>().Select(r => new Owner { Id = r.Id, AccountId = r.AccountId }),
            context.Set<PasswordChangeNotice>().Select(n => new Owner { Id = n.Id, AccountId = n.AccountId }),
            context.Set<Endpoints.Receipt>().Select(r => new Owner { Id = r.Id, AccountId = r.AccountId }),
            context.Set<MailedLink>().Select(l => new Owner { Id = l.Id, AccountId = l.AccountId }),
            context.Set<RecoveryAddress>().Select(a => new Owner { Id = a.Id, AccountId = a.AccountId }),
        ];
        foreach (var source in sources)
        {
            var found = await source
                .Where(o => rows.Contains(o.Id) && o.AccountId != null)
                .ToListAsync(cancellationToken);
            found.ForEach(o => owners[o.Id] = o.AccountId!);
        }

        return owners;
    }

    private sealed record Owner
    {
        public Guid Id { get; init; }

        public string? AccountId { get; init; }
    }
}
