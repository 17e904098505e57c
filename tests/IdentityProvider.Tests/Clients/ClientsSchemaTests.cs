using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Tests.OpenId;
using Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Clients;

/// <summary>What an editor says of a clients file by <c>clients.schema.json</c>, and what the host says.</summary>
public sealed class ClientsSchemaTests
{
    private const string Key = """{"kty":"EC","kid":"k","crv":"P-256","x":"AQ","y":"AQ","alg":"ES256"}""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static TheoryData<bool, string> Clients =>
        new()
        {
            { true, """{}""" },
            { true, """{"type":"confidential","thirdParty":true,"requirePkce":false}""" },
            { false, """{"type":"secret"}""" },
            { false, """{"type":null}""" },
            { false, """{"type":0}""" },
            { false, """{"colour":"red"}""" },
            { false, """{"ClientId":"b"}""" },
            { false, """{"clientId":"a b"}""" },
            { false, """{"clientId":""}""" },
            { false, """{"clientId":null}""" },
            { false, """{"name":null}""" },
            { false, """{"name":7}""" },
            { true, """{"logoUri":"/logo.svg"}""" },
            { true, """{"logoUri":null}""" },
            { false, """{"thirdParty":"yes"}""" },
            { true, $$$"""{"secretHash":"sha256:{{{new string('A', 43)}}}"}""" },
            { true, """{"secretHash":null}""" },
            { false, """{"secretHash":"plain"}""" },
            { false, $$$"""{"secretHash":"sha256:{{{new string('A', 42)}}}"}""" },
            { true, $$$"""{"jwks":{"keys":[{{{Key}}}]}}""" },
            { true, """{"jwks":null}""" },
            { false, """{"jwks":{"keys":[]}}""" },
            { false, """{"jwks":{}}""" },
            { false, """{"jwks":[]}""" },
            { false, """{"jwks":{"keys":["k"]}}""" },
            { false, """{"jwks":{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}}""" },
            { false, $$$"""{"jwks":{"keys":[{"d":"AQ",{{{Key[1..]}}}]}}""" },
            { false, """{"redirectUris":[]}""" },
            { false, """{"redirectUris":null}""" },
            { false, """{"redirectUris":"https://x.example.test/"}""" },
            { true, """{"redirectUris":["https://x.example.test/a?b=c"]}""" },
            { true, """{"redirectUris":["http://127.0.0.1/callback"]}""" },
            { true, """{"redirectUris":["http://localhost:8080/"]}""" },
            { true, """{"redirectUris":["http://[::1]:8080/x"]}""" },
            { true, """{"redirectUris":["test.example.app:/callback"]}""" },
            { false, """{"redirectUris":["http://x.example.test/"]}""" },
            { false, """{"redirectUris":["http://localhost.example.test/"]}""" },
            { false, """{"redirectUris":["http://127.0.0.1.example.test/"]}""" },
            { false, """{"redirectUris":["https://x.example.test/#f"]}""" },
            { false, """{"redirectUris":["javascript:alert(1)"]}""" },
            { false, """{"redirectUris":["data:text/html,x"]}""" },
            { false, """{"redirectUris":["app:/callback"]}""" },
            { false, """{"redirectUris":["/callback"]}""" },
            { false, """{"postLogoutRedirectUris":["http://x.example.test/"]}""" },
            { true, """{"postLogoutRedirectUris":["https://x.example.test/"]}""" },
            { true, """{"backChannelLogoutUri":"https://x.example.test/out"}""" },
            { true, """{"backChannelLogoutUri":null}""" },
            { false, """{"backChannelLogoutUri":"http://x.example.test/out"}""" },
            { false, """{"backChannelLogoutUri":"test.example.app:/out"}""" },
            { true, """{"frontChannelLogoutUri":"http://127.0.0.1:80/out"}""" },
            { false, """{"frontChannelLogoutUri":"https://x.example.test/#out"}""" },
            { true, """{"grantTypes":["client_credentials"],"redirectUris":[]}""" },
            { true, """{"grantTypes":["authorization_code","refresh_token","device_code"]}""" },
            { true, """{"grantTypes":["authorization_code","authorization_code"]}""" },
            { false, """{"grantTypes":["client_credentials"]}""" },
            { false, """{"grantTypes":["password"],"redirectUris":[]}""" },
            { false, """{"grantTypes":["implicit","authorization_code"]}""" },
            { false, """{"grantTypes":[null]}""" },
            { true, """{"scopes":["openid","orders","ssf.read"]}""" },
            { false, """{"scopes":"openid"}""" },
            { false, """{"requirePkce":null}""" },
            { true, """{"requirePar":true}""" },
            { true, """{"idTokenSigningAlg":"RS256"}""" },
            { false, """{"idTokenSigningAlg":"HS256"}""" },
            { false, """{"idTokenSigningAlg":"none"}""" },
            { true, """{"accessTokenSigningAlg":"RS256"}""" },
            { false, """{"accessTokenSigningAlg":"HS256"}""" },
            { true, """{"claimsInIdToken":true}""" },
            { false, """{"claimsInIdToken":"yes"}""" },
            { true, $$$"""{"requireSignedRequestObject":true,"jwks":{"keys":[{{{Key}}}]}}""" },
            { false, """{"requireSignedRequestObject":true}""" },
            { true, """{"accessTokenLifetime":60}""" },
            { true, """{"accessTokenLifetime":3600}""" },
            { false, """{"accessTokenLifetime":59}""" },
            { false, """{"accessTokenLifetime":3601}""" },
            { false, """{"accessTokenLifetime":"300"}""" },
            { true, """{"type":"public"}""" },
            { true, """{"type":"public","requirePkce":true,"secretHash":null}""" },
            { false, """{"type":"public","requirePkce":false}""" },
            { false, $$$"""{"type":"public","secretHash":"sha256:{{{new string('A', 43)}}}"}""" },
            { false, $$$"""{"type":"public","jwks":{"keys":[{{{Key}}}]}}""" },
            { false, """{"type":"public","grantTypes":["client_credentials"],"redirectUris":[]}""" },
        };

    public static TheoryData<bool, string> Files =>
        new()
        {
            { true, """{}""" },
            { true, """{"$schema":"./clients.schema.json","scopes":[],"clients":[]}""" },
            { false, """[]""" },
            { false, """null""" },
            { false, """{"client":[]}""" },
            { false, """{"clients":null}""" },
            { false, """{"clients":[{"clientId":"a"}]}""" },
            { false, """{"clients":[{"name":"a"}]}""" },
            { true, """{"scopes":[{"name":"a.b:c_d-e","displayName":null,"resources":["x"]}]}""" },
            { false, """{"scopes":[{}]}""" },
            { false, """{"scopes":[{"name":"a b"}]}""" },
            { false, """{"scopes":[{"name":"openid"}]}""" },
            { false, """{"scopes":[{"name":"ssf.read"}]}""" },
            { false, """{"scopes":[{"name":"ssf.manage"}]}""" },
            { false, """{"scopes":[{"name":"a","resources":"x"}]}""" },
            { false, """{"scopes":[{"name":"a","resources":null}]}""" },
            { false, """{"scopes":[{"name":"a","audience":"x"}]}""" },
        };

    [Theory, MemberData(nameof(Clients))]
    public async Task The_schema_and_the_host_say_the_same_of_a_client(bool good, string changes)
    {
        var client = new JsonObject
        {
            ["clientId"] = "a",
            ["name"] = "An application",
            ["redirectUris"] = new JsonArray("https://a.example.test/"),
        };
        foreach (var (name, value) in JsonNode.Parse(changes)!.AsObject())
        {
            client[name] = value?.DeepClone();
        }

        await SayTheSameAsync(
            good,
            new JsonObject
            {
                ["scopes"] = new JsonArray(new JsonObject { ["name"] = "orders" }),
                ["clients"] = new JsonArray(client),
            }.ToJsonString()
        );
    }

    [Theory, MemberData(nameof(Files))]
    public Task The_schema_and_the_host_say_the_same_of_a_file(bool good, string file) => SayTheSameAsync(good, file);

    [Fact]
    public async Task Our_own_files_are_good_and_what_a_client_has_stands_in_the_schema()
    {
        await SayTheSameAsync(true, OpenIdHost.Declaration().ToJsonString());
        await SayTheSameAsync(
            true,
            await File.ReadAllTextAsync(Repository.PathOf("IdentityProvider", "clients.Development.json"), Cancelled)
        );

        using var schema = await SchemaAsync();
        foreach (
            var (name, type) in new[] { ("client", typeof(ClientDeclaration)), ("scope", typeof(ScopeDeclaration)) }
        )
        {
            Assert.Equal(
                type.GetProperties()
                    .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))
                    .Order(StringComparer.Ordinal),
                schema
                    .RootElement.GetProperty("$defs")
                    .GetProperty(name)
                    .GetProperty("properties")
                    .EnumerateObject()
                    .Select(p => p.Name)
                    .Order(StringComparer.Ordinal)
            );
        }
    }

    private static async Task SayTheSameAsync(bool good, string text)
    {
        using var schema = await SchemaAsync();
        using var document = JsonDocument.Parse(text);
        Assert.Equal(good, new JsonSchema(schema.RootElement).Allows(document.RootElement));

        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, text, Cancelled);
            var problem = await Record.ExceptionAsync(() => ClientsFile.LoadAsync(file, Cancelled));
            if (good)
            {
                Assert.Null(problem);
            }
            else
            {
                Assert.IsType<ClientsFileException>(problem);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<JsonDocument> SchemaAsync() =>
        JsonDocument.Parse(
            await File.ReadAllTextAsync(Repository.PathOf("IdentityProvider", "clients.schema.json"), Cancelled)
        );
}
