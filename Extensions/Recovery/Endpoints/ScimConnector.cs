using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Speaks SCIM 2.0 (RFC 7644): <c>active</c> follows whether the account may be used here, and where the service is trusted
/// with it, <c>password</c> follows the password.
/// </summary>
internal sealed class ScimConnector(OutgoingHttp http) : IEndpointConnector
{
    public const string KindName = "scim";

    private const string Url = "url";
    private const string Token = "token";
    private const string Match = "match";
    private const string SendPassword = "sendPassword";
    private const string ByUserName = "userName";
    private const string ByEmail = "email";
    private const string ByExternalId = "externalId";

    private const string MediaType = "application/scim+json";
    private const string UserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
    private const string ListSchema = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
    private const string ErrorSchema = "urn:ietf:params:scim:api:messages:2.0:Error";
    private const string PatchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

    public string Kind => KindName;

    public IReadOnlyList<EndpointField> Fields { get; } =
    [
        new(Url, EndpointFieldType.Address),
        new(Token, EndpointFieldType.Secret),
        new(Match, EndpointFieldType.Choice, Required: false, ByUserName)
        {
            Choices = [ByUserName, ByEmail, ByExternalId],
        },
        new(SendPassword, EndpointFieldType.Flag, Required: false, "false"),
    ];

    public CredentialChanges Changes => CredentialChanges.PasswordChanged | CredentialChanges.Closing;

    public bool TakesPassword(EndpointSettings settings) => settings.Has(SendPassword);

    public async Task<DeliveryOutcome> DeliverAsync(EndpointDelivery delivery, CancellationToken cancellationToken)
    {
        var (settings, account) = (delivery.Settings, delivery.Account);
        var (id, flaw) = await FindAsync(settings, account, cancellationToken);
        if (id is null)
        {
            return flaw!;
        }

        var change = new JsonObject();
        if (delivery.Closes)
        {
            change["active"] = account.Open;
        }

        if (delivery.Password is { } password)
        {
            change["password"] = password;
        }

        if (change.Count == 0)
        {
            return new DeliveryOutcome.Sent();
        }

        var user = $"Users/{Uri.EscapeDataString(id)}";
        var answer = await SendAsync(
            settings,
            HttpMethod.Patch,
            user,
            new JsonObject
            {
                ["schemas"] = new JsonArray(PatchSchema),
                ["Operations"] = new JsonArray(new JsonObject { ["op"] = "replace", ["value"] = change }),
            },
            cancellationToken
        );
        if (Failure(answer, sentPassword: delivery.Password is not null) is { } failure)
        {
            return failure;
        }

        if (!delivery.Closes)
        {
            return new DeliveryOutcome.Sent();
        }

        // 7.7: a password never comes back. What does is looked at; where that fails, it was taken all the same.
        var (active, notRead) = await StateOfAsync(settings, user, cancellationToken);
        return notRead is not null || (active == account.Open && delivery.Password is not null)
                ? new DeliveryOutcome.Sent()
            : active == account.Open ? new DeliveryOutcome.Applied()
            : new DeliveryOutcome.NotYet(DeliveryFlaw.Drifted);
    }

    public async Task<DeliveryOutcome?> TestAsync(EndpointSettings settings, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(settings, HttpMethod.Get, "Users?count=0", body: null, cancellationToken);
        return Failure(answer) ?? (Has(Parse(answer.Body), ListSchema) ? new DeliveryOutcome.Applied() : Garbage());
    }

    public async Task<EndpointAgreement?> CompareAsync(
        EndpointSettings settings,
        EndpointAccount account,
        CancellationToken cancellationToken
    )
    {
        var (id, flaw) = await FindAsync(settings, account, cancellationToken);
        if (id is null)
        {
            return Disagrees(flaw!);
        }

        var (active, notRead) = await StateOfAsync(settings, $"Users/{Uri.EscapeDataString(id)}", cancellationToken);
        return notRead is not null ? Disagrees(notRead)
            : active == account.Open ? new(Agrees: true)
            : new(Agrees: false, DeliveryFlaw.Drifted);
    }

    private static EndpointAgreement Disagrees(DeliveryOutcome outcome) =>
        new(
            Agrees: false,
            outcome switch
            {
                DeliveryOutcome.Refused refused => refused.Flaw,
                DeliveryOutcome.NotYet notYet => notYet.Flaw,
                _ => DeliveryFlaw.Garbage,
            }
        );

    private async Task<(string? Id, DeliveryOutcome? Flaw)> FindAsync(
        EndpointSettings settings,
        EndpointAccount account,
        CancellationToken cancellationToken
    )
    {
        if (account.Target is { } known)
        {
            return (known, null);
        }

        var filter = settings.Of(Match) switch
        {
            ByEmail => $"emails.value eq {Quoted(account.Email)}",
            ByExternalId => $"externalId eq {Quoted(account.Id)}",
            _ => $"userName eq {Quoted(account.UserName)}",
        };
        var answer = await SendAsync(
            settings,
            HttpMethod.Get,
            $"Users?filter={Uri.EscapeDataString(filter)}&count=2",
            body: null,
            cancellationToken
        );
        if (Failure(answer) is { } failure)
        {
            return (null, failure);
        }

        if (Parse(answer.Body) is not { } list || !Has(list, ListSchema))
        {
            return (null, Garbage());
        }

        var found = list["Resources"] as JsonArray ?? [];
        return (found.Count, found.Count == 1 ? Text(found[0], "id") : null) switch
        {
            (1, { Length: > 0 } id) => (id, null),
            (0, _) => (null, new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount)),
            (1, _) => (null, Garbage()),
            _ => (null, new DeliveryOutcome.Refused(DeliveryFlaw.Ambiguous)),
        };
    }

    private async Task<(bool? Active, DeliveryOutcome? Flaw)> StateOfAsync(
        EndpointSettings settings,
        string user,
        CancellationToken cancellationToken
    )
    {
        var answer = await SendAsync(settings, HttpMethod.Get, user, body: null, cancellationToken);
        if (Failure(answer) is { } failure)
        {
            return (null, failure);
        }

        return
            Parse(answer.Body) is { } found
            && Has(found, UserSchema)
            && found["active"] is JsonValue value
            && value.TryGetValue(out bool active)
            ? (active, null)
            : (null, Garbage());
    }

    private async Task<OutgoingAnswer> SendAsync(
        EndpointSettings settings,
        HttpMethod method,
        string path,
        JsonObject? body,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(method, settings.Of(Url).TrimEnd('/') + "/" + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.Of(Token));
        request.Headers.Accept.Add(new(MediaType));
        if (body is not null)
        {
            request.Content = new StringContent(
                body.ToJsonString(),
                Encoding.UTF8,
                new MediaTypeHeaderValue(MediaType)
            );
        }

        return await http.SendAsync(request, cancellationToken);
    }

    private static DeliveryOutcome? Failure(OutgoingAnswer answer, bool sentPassword = false)
    {
        var said = answer.Flaw is null ? Parse(answer.Body) : null;
        if (answer.Succeeded)
        {
            return Has(said, ErrorSchema)
                ? new DeliveryOutcome.NotYet(DeliveryFlaw.ErrorInside, Text(said, "status"))
                : null;
        }

        return answer.Status switch
        {
            HttpStatusCode.BadRequest when sentPassword && Text(said, "scimType") == "invalidValue" =>
                new DeliveryOutcome.Refused(DeliveryFlaw.PasswordPolicy),
            HttpStatusCode.NotFound when Has(said, ErrorSchema) => new DeliveryOutcome.Refused(DeliveryFlaw.NoAccount),
            _ => answer.Failure(),
        };
    }

    private static DeliveryOutcome.NotYet Garbage() => new(DeliveryFlaw.Garbage);

    // 3.4.2.2: a value in a filter is a JSON string.
    private static string Quoted(string text) => JsonSerializer.Serialize(text);

    private static string? Text(JsonNode? node, string name) =>
        node is JsonObject found && found[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static bool Has(JsonObject? said, string schema) =>
        said?["schemas"] is JsonArray schemas
        && schemas.Any(s => s is JsonValue value && value.TryGetValue(out string? text) && text == schema);

    private static JsonObject? Parse(string body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
