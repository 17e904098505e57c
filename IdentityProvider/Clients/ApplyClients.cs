using IdP.Recovery;
using IdP.Recovery.Audit;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace IdentityProvider.Clients;

/// <summary>A secret that was generated, and is shown this once.</summary>
internal sealed record GeneratedSecret(string ClientId, string Secret);

/// <summary>Applies <c>clients.json</c>: idempotent, and says beforehand what it changes.</summary>
internal sealed partial class ApplyClients(
    IOpenIddictApplicationManager applications,
    IOpenIddictScopeManager scopes,
    ClientRegistry registry,
    ClientsReloaded reloaded,
    RelyingPartyEndpoints endpoints,
    Data.IdpDbContext context,
    AuditLog audit,
    TimeProvider time,
    ILogger<ApplyClients> logger
)
{
    private const int Attempts = 5;

    private sealed record Step(ClientChange Change, Func<CancellationToken, Task<GeneratedSecret?>> RunAsync);

    /// <summary>What would change.</summary>
    public async Task<IReadOnlyList<ClientChange>> PlanAsync(
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    ) => [.. (await StepsAsync(declaration, cancellationToken)).Select(s => s.Change)];

    /// <summary>
    /// Adds and changes, in one transaction, where nobody is there to be shown a secret or to be asked: at the start of the
    /// host. Security: threat 23; what is not declared stays, and only a person removes it.
    /// </summary>
    /// <exception cref="ClientsFileException">A client would need a generated secret.</exception>
    public async Task RunUnattendedAsync(ClientsDeclaration declaration, CancellationToken cancellationToken)
    {
        await registry.ReloadAsync(context, cancellationToken);
        foreach (var client in declaration.Clients.Where(NeedsSecret))
        {
            if (registry.FindByClientId(client.ClientId)?.ClientSecret is null)
            {
                throw new ClientsFileException(
                    $"client '{client.ClientId}': has none yet and must get a secret, which is shown once; run 'clients apply FILE' before the start, or declare secretHash or jwks."
                );
            }
        }

        foreach (var change in await PlanAsync(declaration, cancellationToken))
        {
            if (change.Kind == ClientChangeKind.Remove)
            {
                LogUndeclared(change.Subject, change.Id);
            }
            else if (change.Kind != ClientChangeKind.Unchanged)
            {
                LogPlanned(change.Kind, change.Subject, change.Id);
            }
        }

        await ApplyAsync(declaration, shown: null, actorId: null, cancellationToken);
    }

    /// <summary>
    /// Changes what a plan says, in one transaction, and audits it where that is something and somebody asked for it; gives
    /// the secrets that were generated.
    /// </summary>
    /// <param name="shown">What <see cref="PlanAsync"/> gave, and the actor was shown.</param>
    /// <exception cref="ClientsFileException">By now the file would change something else.</exception>
    public Task<IReadOnlyList<GeneratedSecret>> RunAsync(
        ClientsDeclaration declaration,
        IReadOnlyList<ClientChange> shown,
        string? actorId,
        CancellationToken cancellationToken
    ) => ApplyAsync(declaration, shown, actorId, cancellationToken);

    private async Task<IReadOnlyList<GeneratedSecret>> ApplyAsync(
        ClientsDeclaration declaration,
        IReadOnlyList<ClientChange>? shown,
        string? actorId,
        CancellationToken cancellationToken
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var secrets = await ChangeAsync(declaration, shown, actorId, cancellationToken);
                await reloaded.RunAsync(cancellationToken);
                return secrets;
            }
            catch (Exception exception)
                when (attempt < Attempts
                    && exception
                        is DbUpdateException
                            or OpenIddictExceptions.ConcurrencyException
                            or OpenIddictExceptions.ValidationException
                )
            {
                // Another node applies the same at this moment: what it has done is seen now.
                context.ChangeTracker.Clear();
                await registry.ReloadAsync(context, cancellationToken);
            }
        }
    }

    private async Task<List<GeneratedSecret>> ChangeAsync(
        ClientsDeclaration declaration,
        IReadOnlyList<ClientChange>? shown,
        string? actorId,
        CancellationToken cancellationToken
    )
    {
        var secrets = new List<GeneratedSecret>();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var steps = await StepsAsync(declaration, cancellationToken);
        if (shown is null)
        {
            steps.RemoveAll(s => s.Change.Kind == ClientChangeKind.Remove);
        }
        else if (!steps.Select(s => s.Change.ToString()).Order().SequenceEqual(shown.Select(c => c.ToString()).Order()))
        {
            throw new ClientsFileException(
                "meanwhile somebody else has changed clients, so that the file would change something else than was shown; nothing was changed. Run it again."
            );
        }

        foreach (var step in steps)
        {
            if (await step.RunAsync(cancellationToken) is { } secret)
            {
                secrets.Add(secret);
            }
        }

        await endpoints.ApplyAsync(cancellationToken);
        if (actorId is not null && Describe(steps) is { Length: > 0 } changes)
        {
            audit.Add(AuditEventTypes.ClientsApplied, accountId: null, Requester.None, changes, actorId: actorId);
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return secrets;
    }

    // Such as 'create=2 remove=1'.
    private static string Describe(IEnumerable<Step> steps) =>
        string.Join(
            ' ',
            steps
                .Where(s => s.Change.Kind != ClientChangeKind.Unchanged)
                .CountBy(s => s.Change.Kind)
                .OrderBy(k => k.Key)
                .Select(k =>
                    string.Create(
                        System.Globalization.CultureInfo.InvariantCulture,
                        $"{char.ToLowerInvariant(k.Key.ToString()[0])}{k.Key.ToString()[1..]}={k.Value}"
                    )
                )
        );

    private async Task<List<Step>> StepsAsync(ClientsDeclaration declaration, CancellationToken cancellationToken)
    {
        var steps = new List<Step>();
        await AddScopeStepsAsync(steps, declaration, cancellationToken);
        await AddClientStepsAsync(steps, declaration, cancellationToken);
        return steps;
    }

    private async Task AddScopeStepsAsync(
        List<Step> steps,
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    )
    {
        var known = new Dictionary<string, object>(StringComparer.Ordinal);
        await foreach (var scope in scopes.ListAsync(null, null, cancellationToken))
        {
            known[(await scopes.GetNameAsync(scope, cancellationToken))!] = scope;
        }

        foreach (var declared in declaration.Scopes)
        {
            var wanted = ClientDescriptors.Describe(declared);
            if (!known.Remove(declared.Name, out var scope))
            {
                steps.Add(new(New("scope", declared.Name), async t => None(await scopes.CreateAsync(wanted, t))));
                continue;
            }

            var present = new OpenIddictScopeDescriptor();
            await scopes.PopulateAsync(present, scope, cancellationToken);
            var change = ClientDifferences.Compare(present, wanted);
            steps.Add(
                new(
                    change,
                    async t =>
                    {
                        if (change.Kind == ClientChangeKind.Change)
                        {
                            await scopes.UpdateAsync(scope, wanted, t);
                        }

                        return null;
                    }
                )
            );
        }

        steps.AddRange(
            known.Select(pair => new Step(
                new(ClientChangeKind.Remove, "scope", pair.Key, []),
                async t =>
                {
                    await scopes.DeleteAsync(pair.Value, t);
                    return null;
                }
            ))
        );
    }

    private async Task AddClientStepsAsync(
        List<Step> steps,
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    )
    {
        var known = new Dictionary<string, object>(StringComparer.Ordinal);
        await foreach (var application in applications.ListAsync(null, null, cancellationToken))
        {
            known[(await applications.GetClientIdAsync(application, cancellationToken))!] = application;
        }

        foreach (var declared in declaration.Clients)
        {
            if (!known.Remove(declared.ClientId, out var application))
            {
                steps.Add(new(New("client", declared.ClientId), t => CreateAsync(declared, t)));
                continue;
            }

            var present = new OpenIddictApplicationDescriptor();
            await applications.PopulateAsync(present, application, cancellationToken);
            var generated = NeedsSecret(declared) && present.ClientSecret is null ? ClientSecrets.Generate() : null;
            var secret = generated ?? SecretOf(declared, present);
            var wanted = ClientDescriptors.Describe(declared, secret);
            var history = SecretHistory.Of(present);
            (secret is null || secret == present.ClientSecret ? history : history.Begin(time.GetUtcNow())).KeepIn(
                wanted
            );
            var change = ClientDifferences.Compare(present, wanted);
            steps.Add(
                new(
                    change,
                    async t =>
                    {
                        if (change.Kind == ClientChangeKind.Change)
                        {
                            await applications.UpdateAsync(application, wanted, t);
                        }

                        return generated is null ? null : new(declared.ClientId, generated);
                    }
                )
            );
        }

        steps.AddRange(
            known.Select(pair => new Step(
                new(ClientChangeKind.Remove, "client", pair.Key, []),
                async t =>
                {
                    await applications.DeleteAsync(pair.Value, t);
                    return null;
                }
            ))
        );
    }

    private async Task<GeneratedSecret?> CreateAsync(ClientDeclaration declared, CancellationToken cancellationToken)
    {
        var secret = NeedsSecret(declared) ? ClientSecrets.Generate() : null;
        var descriptor = ClientDescriptors.Describe(declared, secret ?? declared.SecretHash);
        if (descriptor.ClientSecret is not null)
        {
            SecretHistory.None.Begin(time.GetUtcNow()).KeepIn(descriptor);
        }

        await applications.CreateAsync(descriptor, cancellationToken);
        return secret is null ? null : new(declared.ClientId, secret);
    }

    private static bool NeedsSecret(ClientDeclaration declared) =>
        declared is { Type: ClientKind.Confidential, SecretHash: null, Jwks: null };

    // A secret that was generated earlier stays: the file does not know it. So does one that has replaced the file's
    // own, until the file has another: at every start the file would bring the old secret back.
    private static string? SecretOf(ClientDeclaration declared, OpenIddictApplicationDescriptor present) =>
        declared.Type == ClientKind.Public || declared.Jwks is not null ? null
        : declared.SecretHash is { } own && !SecretHistory.Of(present).Retired.Contains(own) ? own
        : present.ClientSecret;

    private static ClientChange New(string subject, string id) => new(ClientChangeKind.Create, subject, id, []);

    private static GeneratedSecret? None(object _) => null;

    [LoggerMessage(LogLevel.Information, "The clients file: {Change} {Subject} {Id}")]
    private partial void LogPlanned(ClientChangeKind change, string subject, string id);

    [LoggerMessage(
        LogLevel.Information,
        "The clients file does not declare {Subject} {Id}, which stays; 'clients apply' would remove it"
    )]
    private partial void LogUndeclared(string subject, string id);
}
