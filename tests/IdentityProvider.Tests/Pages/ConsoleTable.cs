using IdP.Recovery.Console;

namespace IdentityProvider.Tests.Pages;

/// <summary>Whom something is done to, or whose it is.</summary>
internal enum ConsoleTarget
{
    /// <summary>Nobody in particular.</summary>
    Nobody,

    /// <summary>An ordinary person.</summary>
    Person,

    /// <summary>Another administrator.</summary>
    Administrator,

    /// <summary>Whoever does it.</summary>
    Oneself,
}

/// <summary>A handler of a page of the console, and what it takes.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Route">The page's route.</param>
/// <param name="Handler">The handler's name; empty for the page's only one.</param>
/// <param name="Needs">What the role must allow.</param>
/// <param name="Path">The address, after <c>/admin/</c>: <c>ID</c> and <c>EMAIL</c> stand for what it is about.</param>
internal sealed record ConsoleRow(string Method, string Route, string Handler, ConsoleAction Needs, string Path)
{
    private static readonly ConsoleTarget[] Everybody =
    [
        ConsoleTarget.Person,
        ConsoleTarget.Administrator,
        ConsoleTarget.Oneself,
    ];

    /// <summary>What is brought about before: by <see cref="ConsoleStage"/>.</summary>
    public string Before { get; init; } = "";

    /// <summary>What is sent: <c>name=value</c>, by spaces.</summary>
    public string Form { get; init; } = "";

    /// <summary>On whom it is tried.</summary>
    public ConsoleTarget[] On { get; init; } = [ConsoleTarget.Nobody];

    /// <summary>On whom nobody may do it.</summary>
    public ConsoleTarget[] Never { get; init; } = [];

    /// <summary>Whether the role is enough, whoever it is about; otherwise only an administrator may act on the privileged.</summary>
    public bool OnAnybody { get; init; }

    /// <summary>Whether it is a form.</summary>
    public bool Sends => Method == "POST";

    /// <summary>Whether the form only asks.</summary>
    public bool OnlyAsks { get; init; }

    /// <summary>Whether it is to change something in the database: a form does, unless it only asks.</summary>
    public bool Changes => Sends && !OnlyAsks;

    private const string Act = "users/{what:regex(^(unlock|send-reset|extend|suspend|activate)$)}";
    private const string Batch = "users/batches/{id:guid}";
    private const string Decide = "approvals/{id:guid}";
    private const string Endpoint = "endpoints/{id:guid}";
    private const string Hook =
        "Field-url=https://hooks.example.com/ Field-secret=whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private const string Why = "Why=lost";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ConsoleRow> All { get; } =
    [
        Reads("", ConsoleAction.ReadUsers),
        Reads("users", ConsoleAction.ReadUsers),
        new("POST", "users", "Export", ConsoleAction.ReadUsers, "users?handler=Export"),
        Reads("users/{id}", ConsoleAction.ReadUsers, "users/ID", Everybody),
        .. Acts("unlock", ConsoleAction.Unlock, "lock"),
        .. Acts("send-reset", ConsoleAction.SendReset),
        .. Acts(
            "extend",
            ConsoleAction.SetEnrollment,
            // The console opens to nobody without a factor.
            never: [ConsoleTarget.Administrator, ConsoleTarget.Oneself]
        ),
        .. Acts("suspend", ConsoleAction.Suspend, never: [ConsoleTarget.Oneself]),
        .. Acts("activate", ConsoleAction.Suspend, "suspend", [ConsoleTarget.Oneself]),
        Reads("users/reset-mfa", ConsoleAction.ResetMfa, "users/reset-mfa?ids=ID", Everybody),
        new("POST", "users/reset-mfa", "", ConsoleAction.ResetMfa, "users/reset-mfa?ids=ID")
        {
            On = Everybody,
            Never = [ConsoleTarget.Oneself],
            Form = Why + " Days=7 Totp=true Passkeys=true RecoveryCodes=true",
        },
        Reads("users/batches", ConsoleAction.ReadUsers),
        Reads(Batch, ConsoleAction.ReadUsers, "users/batches/ID", [ConsoleTarget.Administrator]) with
        {
            Before = "batch",
        },
        new("POST", Batch, "Stop", ConsoleAction.ResetMfa, "users/batches/ID?handler=Stop")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            OnAnybody = true,
            Before = "batch",
        },
        new("POST", Batch, "Report", ConsoleAction.ReadUsers, "users/batches/ID?handler=Report")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            OnAnybody = true,
            Before = "batch",
        },
        new("POST", Batch, "Resume", ConsoleAction.ResetMfa, "users/batches/ID?handler=Resume")
        {
            On = [ConsoleTarget.Oneself],
            OnAnybody = true,
            Before = "stopped-batch",
        },
        new("POST", Batch, "Resume", ConsoleAction.ResetMfa, "users/batches/ID?handler=Resume")
        {
            On = [ConsoleTarget.Administrator],
            Before = "stopped-batch",
        },
        Reads("approvals", ConsoleAction.Approve),
        new("POST", "approvals", "", ConsoleAction.Approve, "approvals")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            Never = [ConsoleTarget.Oneself],
            Before = "waiting-reset",
            Form = "id=ID",
        },
        new("POST", "approvals", "Decline", ConsoleAction.Approve, "approvals?handler=Decline")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            Before = "waiting-reset",
            Form = "id=ID",
        },
        Reads(Decide, ConsoleAction.Approve, "approvals/ID", [ConsoleTarget.Administrator]) with
        {
            Before = "waiting-mfa-reset",
        },
        new("POST", Decide, "", ConsoleAction.Approve, "approvals/ID")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            Never = [ConsoleTarget.Oneself],
            Before = "waiting-mfa-reset",
        },
        new("POST", Decide, "Decline", ConsoleAction.Approve, "approvals/ID?handler=Decline")
        {
            On = [ConsoleTarget.Administrator, ConsoleTarget.Oneself],
            Before = "waiting-mfa-reset",
        },
        Reads("policies", ConsoleAction.ReadSystem),
        new("POST", "policies", "Password", ConsoleAction.ReadSystem, "policies?handler=Password")
        {
            OnlyAsks = true,
            Form = "Example=otter",
        },
        Reads("audit", ConsoleAction.ReadAudit),
        new("POST", "audit", "Export", ConsoleAction.ReadAudit, "audit?handler=Export"),
        Reads("mail", ConsoleAction.ReadSystem),
        new("POST", "mail", "Retry", ConsoleAction.ManageSystem, "mail?handler=Retry")
        {
            Before = "given-up",
            Form = "id=ID",
        },
        new("POST", "mail", "RetryAll", ConsoleAction.ManageSystem, "mail?handler=RetryAll")
        {
            Before = "given-up",
            Form = "kind=lockout.notice givenUp=true",
        },
        Reads("endpoints", ConsoleAction.ReadSystem),
        Reads("endpoints/new/{kind}", ConsoleAction.ManageSystem, "endpoints/new/webhook"),
        new("POST", "endpoints/new/{kind}", "", ConsoleAction.ManageSystem, "endpoints/new/webhook")
        {
            Form = "Name=Hooks " + Hook,
        },
        Reads(Endpoint, ConsoleAction.ReadSystem, "endpoints/ID") with
        {
            Before = "endpoint",
        },
        new("POST", Endpoint, "Test", ConsoleAction.ManageSystem, "endpoints/ID?handler=Test")
        {
            OnlyAsks = true,
            Before = "endpoint",
        },
        new("POST", Endpoint, "Retry", ConsoleAction.ManageSystem, "endpoints/ID?handler=Retry")
        {
            Before = "failed-receipt",
        },
        new("POST", Endpoint, "Pause", ConsoleAction.ManageSystem, "endpoints/ID?handler=Pause")
        {
            Before = "endpoint",
            Form = "paused=true",
        },
        new("POST", Endpoint, "Bind", ConsoleAction.ManageSystem, "endpoints/ID?handler=Bind")
        {
            Before = "endpoint",
            Form = "Role=Staff",
        },
        new("POST", Endpoint, "Unbind", ConsoleAction.ManageSystem, "endpoints/ID?handler=Unbind")
        {
            Before = "binding",
            Form = "binding=ID",
        },
        Reads(Endpoint + "/edit", ConsoleAction.ManageSystem, "endpoints/ID/edit") with
        {
            Before = "endpoint",
        },
        new("POST", Endpoint + "/edit", "", ConsoleAction.ManageSystem, "endpoints/ID/edit")
        {
            Before = "endpoint",
            Form = "Name=Others " + Hook,
        },
        Reads(Endpoint + "/remove", ConsoleAction.ManageSystem, "endpoints/ID/remove") with
        {
            Before = "endpoint",
        },
        new("POST", Endpoint + "/remove", "", ConsoleAction.ManageSystem, "endpoints/ID/remove")
        {
            Before = "endpoint",
        },
        Reads("administrators", ConsoleAction.ReadSystem),
        Reads("administrators/roles", ConsoleAction.ChangeRoles, "administrators/roles?email=EMAIL", Everybody),
        new("POST", "administrators/roles", "", ConsoleAction.ChangeRoles, "administrators/roles?email=EMAIL")
        {
            On = Everybody,
            Never = [ConsoleTarget.Oneself],
            Form = Why + " Had=HAD HAD=true Auditor=true",
        },
        Reads("applications", ConsoleAction.ReadSystem),
        Reads("applications/{clientId}", ConsoleAction.ReadSystem, "applications/machine"),
        Reads("applications/{clientId}/revoke", ConsoleAction.ManageSystem, "applications/machine/revoke"),
        new("POST", "applications/{clientId}/revoke", "", ConsoleAction.ManageSystem, "applications/machine/revoke")
        {
            Before = "consent",
        },
        Reads("applications/{clientId}/secret", ConsoleAction.ManageSystem, "applications/machine/secret"),
        new("POST", "applications/{clientId}/secret", "", ConsoleAction.ManageSystem, "applications/machine/secret")
        {
            Before = "version",
            Form = "version=ID",
        },
    ];

    /// <summary>Whether somebody may.</summary>
    /// <param name="role">Their role; null for none.</param>
    /// <param name="target">On whom.</param>
    public bool May(string? role, ConsoleTarget target) =>
        Opens(role)
        && !Never.Contains(target)
        && (OnAnybody || role == ConsoleRoles.Administrator || target is ConsoleTarget.Nobody or ConsoleTarget.Person);

    /// <summary>Whether the role is enough to come as far as the handler.</summary>
    /// <param name="role">The role; null for none.</param>
    public bool Opens(string? role) => role is not null && ConsolePermissions.May([role], Needs);

    private static ConsoleRow Reads(
        string route,
        ConsoleAction needs,
        string? path = null,
        ConsoleTarget[]? on = null
    ) => new("GET", route, "", needs, path ?? route) { On = on ?? [ConsoleTarget.Nobody], OnAnybody = true };

    private static ConsoleRow[] Acts(
        string what,
        ConsoleAction needs,
        string before = "",
        ConsoleTarget[]? never = null
    )
    {
        var path = $"users/{what}?ids=ID";
        return
        [
            Reads(Act, needs, path, Everybody) with
            {
                Before = before,
            },
            new("POST", Act, "", needs, path)
            {
                On = Everybody,
                Never = never ?? [],
                Before = before,
                Form = Why + (what == "extend" ? " Days=7" : ""),
            },
        ];
    }

    /// <inheritdoc />
    public override string ToString() => $"{Method} /admin/{Path}";
}
