using System.Text.Json;
using OpenIddict.Abstractions;

namespace IdentityProvider.Clients;

/// <summary>What a declaration changes.</summary>
internal enum ClientChangeKind
{
    /// <summary>Nothing.</summary>
    Unchanged,

    /// <summary>It is new.</summary>
    Create,

    /// <summary>Some of it is different.</summary>
    Change,

    /// <summary>It is no longer declared.</summary>
    Remove,
}

/// <summary>One line of a plan.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Subject"><c>client</c> or <c>scope</c>.</param>
/// <param name="Id">Which.</param>
/// <param name="Differences">Which parts change.</param>
internal sealed record ClientChange(
    ClientChangeKind Kind,
    string Subject,
    string Id,
    IReadOnlyList<string> Differences
);

/// <summary>A secret that was generated, and is shown this once.</summary>
internal sealed record GeneratedSecret(string ClientId, string Secret);

/// <summary>Applies <c>clients.json</c>: idempotent, and says beforehand what it changes.</summary>
internal sealed class ApplyClients(
    IOpenIddictApplicationManager applications,
    IOpenIddictScopeManager scopes,
    ClientRegistry registry,
    OpenId.ProviderChanges changes,
    Data.IdpDbContext context
)
{
    private sealed record Step(
        ClientChange Change,
        Func<CancellationToken, Task<GeneratedSecret?>> RunAsync
    );

    /// <summary>What would change.</summary>
    public async Task<IReadOnlyList<ClientChange>> PlanAsync(
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    ) => [.. (await StepsAsync(declaration, cancellationToken)).Select(s => s.Change)];

    /// <summary>
    /// Changes it, in one transaction, where nobody is there to be shown a secret: at the start of the host.
    /// </summary>
    /// <exception cref="ClientsFileException">A new client would need a generated secret.</exception>
    public async Task RunUnattendedAsync(
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    )
    {
        await registry.ReloadAsync(context, cancellationToken);
        foreach (var client in declaration.Clients.Where(NeedsSecret))
        {
            if (await applications.FindByClientIdAsync(client.ClientId, cancellationToken) is null)
            {
                throw new ClientsFileException(
                    $"client '{client.ClientId}': is new and must get a secret, which is shown once; run 'clients apply FILE' before the start, or declare secretHash or jwks."
                );
            }
        }

        await RunAsync(declaration, cancellationToken);
    }

    /// <summary>Changes it, in one transaction; gives the secrets that were generated.</summary>
    public async Task<IReadOnlyList<GeneratedSecret>> RunAsync(
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    )
    {
        var secrets = new List<GeneratedSecret>();
        await using (
            var transaction = await context.Database.BeginTransactionAsync(cancellationToken)
        )
        {
            foreach (var step in await StepsAsync(declaration, cancellationToken))
            {
                if (await step.RunAsync(cancellationToken) is { } secret)
                {
                    secrets.Add(secret);
                }
            }

            await transaction.CommitAsync(cancellationToken);
        }

        if (await registry.ReloadAsync(context, cancellationToken))
        {
            changes.Announce();
        }

        return secrets;
    }

    private async Task<List<Step>> StepsAsync(
        ClientsDeclaration declaration,
        CancellationToken cancellationToken
    )
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
            var wanted = new OpenIddictScopeDescriptor
            {
                Name = declared.Name,
                DisplayName = declared.DisplayName,
            };
            wanted.Resources.UnionWith(declared.Resources);
            if (!known.Remove(declared.Name, out var scope))
            {
                steps.Add(
                    new(
                        New("scope", declared.Name),
                        async t => None(await scopes.CreateAsync(wanted, t))
                    )
                );
                continue;
            }

            var present = new OpenIddictScopeDescriptor();
            await scopes.PopulateAsync(present, scope, cancellationToken);
            var change = Compare("scope", declared.Name, Flatten(present), Flatten(wanted));
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
            known[(await applications.GetClientIdAsync(application, cancellationToken))!] =
                application;
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
            var wanted = ClientDescriptors.Describe(declared, SecretOf(declared, present));
            var change = Compare("client", declared.ClientId, Flatten(present), Flatten(wanted));
            steps.Add(
                new(
                    change,
                    async t =>
                    {
                        if (change.Kind == ClientChangeKind.Change)
                        {
                            await applications.UpdateAsync(application, wanted, t);
                        }

                        return null;
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

    private async Task<GeneratedSecret?> CreateAsync(
        ClientDeclaration declared,
        CancellationToken cancellationToken
    )
    {
        var needsSecret =
            declared is { Type: ClientKind.Confidential, SecretHash: null, Jwks: null };
        var secret = needsSecret ? ClientSecrets.Generate() : null;
        await applications.CreateAsync(
            ClientDescriptors.Describe(declared, secret ?? declared.SecretHash),
            cancellationToken
        );
        return secret is null ? null : new(declared.ClientId, secret);
    }

    private static bool NeedsSecret(ClientDeclaration declared) =>
        declared is { Type: ClientKind.Confidential, SecretHash: null, Jwks: null };

    // A secret that was generated earlier stays: the file does not know it.
    private static string? SecretOf(
        ClientDeclaration declared,
        OpenIddictApplicationDescriptor present
    ) =>
        declared.Type == ClientKind.Public || declared.Jwks is not null
            ? null
            : declared.SecretHash ?? present.ClientSecret;

    private static ClientChange New(string subject, string id) =>
        new(ClientChangeKind.Create, subject, id, []);

    private static GeneratedSecret? None(object _) => null;

    private static ClientChange Compare(
        string subject,
        string id,
        Dictionary<string, string> present,
        Dictionary<string, string> wanted
    )
    {
        var differences = present
            .Keys.Union(wanted.Keys)
            .Where(key => present.GetValueOrDefault(key, "") != wanted.GetValueOrDefault(key, ""))
            .Order(StringComparer.Ordinal)
            .ToList();
        return new(
            differences.Count == 0 ? ClientChangeKind.Unchanged : ClientChangeKind.Change,
            subject,
            id,
            differences
        );
    }

    private static Dictionary<string, string> Flatten(OpenIddictScopeDescriptor scope) =>
        new(StringComparer.Ordinal)
        {
            ["displayName"] = scope.DisplayName ?? "",
            ["resources"] = Join(scope.Resources),
        };

    private static Dictionary<string, string> Flatten(OpenIddictApplicationDescriptor client)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["type"] = client.ClientType ?? "",
            ["name"] = client.DisplayName ?? "",
            ["thirdParty"] = client.ConsentType ?? "",
            ["secretHash"] = client.ClientSecret ?? "",
            ["jwks"] = client.JsonWebKeySet is { } set
                ? Join(
                    set.Keys.Select(k => $"{k.Kid}.{k.Alg}.{k.Kty}.{k.N}.{k.E}.{k.Crv}.{k.X}.{k.Y}")
                )
                : "",
            ["redirectUris"] = Join(client.RedirectUris.Select(u => u.OriginalString)),
            ["postLogoutRedirectUris"] = Join(
                client.PostLogoutRedirectUris.Select(u => u.OriginalString)
            ),
            ["grantTypes and scopes"] = Join(client.Permissions),
            ["requirePkce and requirePar"] = Join(client.Requirements),
            ["accessTokenLifetime"] = Join(client.Settings.Select(s => $"{s.Key}={s.Value}")),
        };
        foreach (var (name, value) in client.Properties)
        {
            parts[name] =
                value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        }

        return parts;
    }

    private static string Join(IEnumerable<string> values) =>
        string.Join(' ', values.Order(StringComparer.Ordinal));
}
