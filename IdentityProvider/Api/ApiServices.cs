using System.Security.Cryptography;
using IdentityProvider.Operations;
using Scalar.AspNetCore;

namespace IdentityProvider.Api;

/// <summary>The management API at <c>/api/v1</c>, and its documentation at <c>/api</c>.</summary>
internal static class ApiServices
{
    public const string Root = "/api/v1";
    public const string DocumentPath = Root + "/openapi.json";
    public const string ProblemsPath = Root + "/problems";

    private const string ReferencePath = "/api";

    public static IServiceCollection AddManagementApi(this IServiceCollection services, IConfiguration configuration)
    {
        services
            .AddOptions<ApiOptions>()
            .Bind(configuration.GetSection("Api"))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddScoped<ApiGate>();
        services.AddScoped<ApiCallers>();
        services.AddScoped<IdempotencyKeys>();
        services.AddSingleton<ApiCursors>();
        services.AddOpenApi(ApiDocument.Name, ApiDocument.Configure);
        services.AddProblemDetails(problems =>
            problems.CustomizeProblemDetails = context =>
            {
                if (context.HttpContext.Request.Path.StartsWithSegments(Root))
                {
                    var problem = ApiProblem.OfStatus(context.ProblemDetails.Status ?? 500);
                    context.ProblemDetails.Type = ProblemsPath + "#" + problem.Code;
                    context.ProblemDetails.Title = problem.Title;
                    context.ProblemDetails.Extensions["code"] = problem.Code;
                }
            }
        );
        return services;
    }

    public static void MapManagementApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup(Root);
        UserEndpoints.Map(api);
        UserActions.Map(api);
        MfaEndpoints.Map(api);
        JobEndpoints.Map(api);
        AuditEndpoints.Map(api);
        api.MapGet("/problems", () => ApiAnswer.Ok(ApiProblem.All));
        endpoints.MapOpenApi("/api/{documentName}/openapi.json");
        endpoints.MapScalarApiReference(
            ReferencePath,
            (scalar, http) =>
            {
                // In hexadecimal, for HTML writes the + of base64 in another way than the header does.
                var nonce = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

                // Security: the page starts its own script inline, and that script makes its style as it runs. Both are
                // let in here alone, the first by a nonce; nothing comes from or goes to another host.
                ContentSecurity.Replace(
                    http,
                    $"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
                        + "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; "
                        + "base-uri 'none'"
                );
                scalar
                    .WithNonce(nonce)
                    .WithTitle("API")
                    .WithOpenApiRoutePattern(DocumentPath)
                    .DisableDefaultFonts()
                    .DisableTelemetry()
                    .DisableAgent()
                    .DisableMcp()
                    .HideDeveloperTools();
            }
        );
    }
}
