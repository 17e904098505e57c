using IdentityProvider.Clients;
using IdP.Recovery;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace IdentityProvider.Api;

/// <summary>What an endpoint tells of itself.</summary>
/// <param name="Name">Its <c>operationId</c>.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Scope">What a token must have.</param>
/// <param name="Body">The form of its body.</param>
/// <param name="Answer">The form of its answer.</param>
/// <param name="Status">The status when all goes well.</param>
internal sealed record ApiOperation(
    string Name,
    string Summary,
    string Scope,
    Type? Body = null,
    Type? Answer = null,
    int Status = StatusCodes.Status200OK
);

/// <summary>The OpenAPI 3.1 document, made of what the endpoints tell.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";

    private const string Scheme = "oauth2";

    /// <summary>Guards an endpoint by its scope, and writes it into the document.</summary>
    public static void Describe(this RouteHandlerBuilder endpoint, ApiOperation operation) =>
        endpoint
            .AddEndpointFilter(ApiGate.With(operation.Scope))
            .WithMetadata(operation)
            .WithName(operation.Name)
            .WithSummary(operation.Summary)
            .DisableAntiforgery();

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = d => d.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().Any();
        options.AddDocumentTransformer(
            (document, context, _) =>
            {
                var origin = context.ApplicationServices.GetRequiredService<IOptions<OriginOptions>>().Value;
                document.Info = new()
                {
                    Title = "Management of users",
                    Version = Name,
                    Description =
                        "Every problem is problem+json (RFC 9457) with a stable code, listed at "
                        + ApiServices.ProblemsPath
                        + ". A POST with an Idempotency-Key is done once within a day.",
                };
                document.Servers = [new() { Url = origin.Link("/").AbsoluteUri.TrimEnd('/') }];
                document.Components ??= new();
                document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
                {
                    [Scheme] = Security(origin),
                };
                return Task.CompletedTask;
            }
        );
        options.AddOperationTransformer(DescribeAsync);
    }

    private static OpenApiSecurityScheme Security(OriginOptions origin)
    {
        var scopes = ApiScopes.All.ToDictionary(s => s, s => s);
        var token = origin.Link("/connect/token");
        return new()
        {
            Type = SecuritySchemeType.OAuth2,
            Flows = new()
            {
                ClientCredentials = new() { TokenUrl = token, Scopes = scopes },
                AuthorizationCode = new()
                {
                    AuthorizationUrl = origin.Link("/connect/authorize"),
                    TokenUrl = token,
                    Scopes = scopes,
                },
            },
        };
    }

    private static async Task DescribeAsync(
        OpenApiOperation document,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        var operation = context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().Single();
        document.Security =
        [
            new() { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [operation.Scope] },
        ];
        if (operation.Body is { } body)
        {
            document.RequestBody = new OpenApiRequestBody
            {
                Required = body != typeof(Why),
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new()
                    {
                        Schema = await context.GetOrCreateSchemaAsync(body, cancellationToken: cancellationToken),
                    },
                },
            };
        }

        if (context.Description.HttpMethod == HttpMethods.Post)
        {
            document.Parameters ??= [];
            document.Parameters.Add(
                new OpenApiParameter
                {
                    Name = "Idempotency-Key",
                    In = ParameterLocation.Header,
                    Description = "1 to 128 visible ASCII characters of the caller's choice.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = IdempotencyKeys.MaxLength },
                }
            );
        }

        var done = new OpenApiResponse { Description = operation.Summary };
        if (operation.Answer is { } answer)
        {
            done.Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new()
                {
                    Schema = await context.GetOrCreateSchemaAsync(answer, cancellationToken: cancellationToken),
                },
            };
        }

        document.Responses = new()
        {
            [operation.Status.ToString(System.Globalization.CultureInfo.InvariantCulture)] = done,
            ["default"] = new OpenApiResponse
            {
                Description = "A problem.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/problem+json"] = new()
                    {
                        Schema = await context.GetOrCreateSchemaAsync(
                            typeof(ProblemBody),
                            cancellationToken: cancellationToken
                        ),
                    },
                },
            },
        };
    }
}
