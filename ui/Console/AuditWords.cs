using IdP.Recovery;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.Extensions.Localization;

namespace IdP.UI.Console;

/// <summary>
/// Says of an event what happened, in a sentence: 'Ada Lovelace was sent a reset link'. The texts are
/// <c>Audit.Event.TYPE</c> and, where a reason makes another sentence, <c>Audit.Event.TYPE.REASON</c>: {0} is on whom,
/// {1} by whom, {2} the factor. Scoped: it remembers the names that it has looked up.
/// </summary>
internal sealed class AuditWords(IAccountNames accounts, IRequestingClientSource clients, IStringLocalizer<Text> text)
{
    private const string CommandLine = "command-line";
    private const string Development = "development";
    private const string Application = "client:";

    private readonly Dictionary<string, string> names = [];

    /// <summary>Looks up everybody in some events at once. To be called before their sentences are asked for.</summary>
    public Task LearnAsync(IEnumerable<AuditEvent> events, CancellationToken cancellationToken) =>
        LearnAsync(events.SelectMany(e => (string?[])[e.AccountId, e.ActorId]), cancellationToken);

    /// <summary>Looks up some people at once.</summary>
    public async Task LearnAsync(IEnumerable<string?> ids, CancellationToken cancellationToken)
    {
        var unknown = ids.OfType<string>().Where(id => !names.ContainsKey(id)).ToHashSet();
        foreach (var (id, name) in await accounts.FindAsync(unknown, cancellationToken))
        {
            names[id] = name;
        }
    }

    /// <summary>What happened.</summary>
    public string Sentence(AuditEvent audited)
    {
        var factor = text[$"Audit.Factor.{audited.Reason}"];
        object[] parts =
        [
            audited.AccountId is null ? text["Audit.Somebody"].Value : Name(audited.AccountId),
            Actor(audited),
            factor.ResourceNotFound ? text["Audit.Factor"].Value : factor.Value,
        ];
        var exact = text[$"Audit.Event.{audited.Type}.{audited.Reason}", parts];
        if (audited.Reason is not null && !exact.ResourceNotFound)
        {
            return exact.Value;
        }

        var usual = text[$"Audit.Event.{audited.Type}", parts];
        return usual.ResourceNotFound ? Type(audited.Type) : usual.Value;
    }

    /// <summary>A type in words, for the filter: 'Reset link sent'.</summary>
    public string Type(string type) => Words($"Audit.Type.{type}", type);

    /// <summary>Types that begin alike in words: 'Password reset'.</summary>
    public string AreaName(string area) => Words($"Audit.Area.{area}", area);

    /// <summary>A filter of types in words: one, or the area of several.</summary>
    public string TypeFilter(string filter) =>
        filter.EndsWith('.') ? text["Audit.WholeArea", AreaName(filter[..^1])] : Type(filter);

    /// <summary>A reason of the fixed lists in words; null where the sentence says it, or there is none.</summary>
    public string? Reason(AuditEvent audited) =>
        audited.Reason is not { } reason
        || !text[$"Audit.Event.{audited.Type}.{reason}"].ResourceNotFound
        || !text[$"Audit.Factor.{reason}"].ResourceNotFound
            ? null
            : ReasonWords(reason);

    /// <summary>The reason that a filter looks for, in words where it is of the fixed lists.</summary>
    public string ReasonWords(string reason) =>
        text[$"Audit.Factor.{reason}"] is { ResourceNotFound: false } factor ? factor.Value
        : reason.Split(' ').All(ConsoleRoles.All.Contains)
            ? string.Join(", ", reason.Split(' ').Select(r => text[$"Administrators.Role.{r}"].Value))
        : string.Join(", ", reason.Split(' ').Select(r => Words($"Audit.Reason.{r}", r)));

    /// <summary>How somebody had proved who they are, in words: RFC 8176 names.</summary>
    public string? Proof(AuditEvent audited) =>
        audited.Proof is not { Length: > 0 } proof
            ? null
            : string.Join(
                ", ",
                proof.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => Words($"Audit.Proof.{p}", p))
            );

    private string Words(string key, string otherwise) =>
        text[key] is { ResourceNotFound: false } words ? words.Value : otherwise;

    /// <summary>Who did it.</summary>
    public string Actor(AuditEvent audited) => audited.ActorId is null ? text["Audit.Service"] : Name(audited.ActorId);

    /// <summary>What somebody is called.</summary>
    /// <param name="id">An account's id, <c>client:ID</c>, <c>command-line</c> or <c>development</c>.</param>
    public string Name(string id) => Known(id) ?? text["Audit.Gone"];

    /// <summary>What somebody is called; null when no account has the id.</summary>
    /// <param name="id">An account's id, <c>client:ID</c>, <c>command-line</c> or <c>development</c>.</param>
    public string? Known(string id) =>
        id == CommandLine ? text["Audit.CommandLine"].Value
        : id == Development ? text["Audit.Development"].Value
        : id.StartsWith(Application, StringComparison.Ordinal) ? ApplicationName(id[Application.Length..])
        : names.GetValueOrDefault(id);

    private string ApplicationName(string clientId) => text["Audit.Application", clients.NameOf(clientId) ?? clientId];

    /// <summary>The icon that stands beside the sentence.</summary>
    public static string Icon(AuditEvent audited) =>
        audited.Type switch
        {
            AuditEventTypes.LockedOut or AuditEventTypes.NotMeReported => "lock",
            AuditEventTypes.Unlocked => "unlock",
            AuditEventTypes.SessionEnded or AuditEventTypes.AccessEnded => "signout",
            AuditEventTypes.SignInFailed
            or AuditEventTypes.FactorRefused
            or AuditEventTypes.FactorDisabled
            or AuditEventTypes.PasskeyCopied
            or AuditEventTypes.PasskeyRefused
            or AuditEventTypes.ResetGateRefused => "warning",
            AuditEventTypes.BrowserRemembered => "device",
            AuditEventTypes.WorkRetried or AuditEventTypes.ResetSent or AuditEventTypes.NoticeSent => "mail",
            _ => Area(audited.Type) switch
            {
                "password-reset" or "password" or "recovery-codes" or "recovery-code" => "key",
                "factor" or "factors" => "shield",
                "enrollment" => "clock",
                "mfa" or "mfa-reset" => "reset",
                "roles" => "people",
                "audit" => "list",
                _ => "person",
            },
        };

    /// <summary>What stands before the dot of a type.</summary>
    public static string Area(string type) => type.Split('.')[0];
}
