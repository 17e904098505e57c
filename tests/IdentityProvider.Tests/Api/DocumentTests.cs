using IdentityProvider.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Api;

/// <summary>The document tells every endpoint with its scope, and the page that shows it asks no other host.</summary>
public sealed class DocumentTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_document_is_OpenAPI_3_1_and_lists_every_endpoint_with_its_scope()
    {
        await using var api = await ApiHost.StartAsync();

        var document = (await api.GetAsync("/openapi.json")).Json;

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        var told = document
            .GetProperty("paths")
            .EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject(), (p, o) => (p.Name, o))
            .Select(o =>
                (
                    Method: o.o.Name.ToUpperInvariant(),
                    o.Name,
                    Scope: o.o.Value.GetProperty("security")[0].GetProperty("oauth2")[0].GetString()
                )
            )
            .ToHashSet();
        var there = api
            .Host.Services.GetRequiredService<EndpointDataSource>()
            .Endpoints.OfType<RouteEndpoint>()
            .Select(e => (Endpoint: e, Operation: e.Metadata.GetMetadata<ApiOperation>()))
            .Where(e => e.Operation is not null)
            .Select(e =>
                (
                    e.Endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0],
                    e.Endpoint.RoutePattern.RawText!,
                    Scope: (string?)e.Operation!.Scope
                )
            )
            .ToHashSet();
        Assert.NotEmpty(there);
        Assert.Equal(there, told);
    }

    [Fact]
    public async Task Every_code_is_listed_once()
    {
        await using var api = await ApiHost.StartAsync();

        var codes = (await api.GetAsync("/problems"))
            .Json.EnumerateArray()
            .Select(p => p.GetProperty("code").GetString()!)
            .ToList();

        Assert.Equal(ApiProblem.All.Select(p => p.Code), codes);
        Assert.Distinct(codes);
    }

    [Fact]
    public async Task The_page_names_no_other_host_and_its_script_is_let_in_by_a_nonce()
    {
        await using var api = await ApiHost.StartAsync();
        using var answer = await api.Idp.Http.GetAsync("/api/", Cancelled);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        var policy = string.Join(' ', answer.Headers.GetValues("Content-Security-Policy"));

        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode} {answer.Headers.Location}");
        Assert.DoesNotContain("https://", text, StringComparison.Ordinal);
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        Assert.Contains($"nonce=\"{nonce}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe-eval", policy, StringComparison.Ordinal);
    }
}
