using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityProvider.Clients;

/// <summary>Reads and checks <c>clients.json</c>.</summary>
internal static class ClientsFile
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        PropertyNameCaseInsensitive = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ClientsFileException">It is not there, not of the form, or breaks a rule; says which and where.</exception>
    public static async Task<ClientsDeclaration> LoadAsync(string path, CancellationToken cancellationToken)
    {
        ClientsDeclaration declaration;
        try
        {
            await using var stream = File.OpenRead(path);
            declaration =
                await JsonSerializer.DeserializeAsync<ClientsDeclaration>(stream, Strict, cancellationToken)
                ?? throw new ClientsFileException($"{path}: must be an object, but was null.");
        }
        catch (JsonException exception)
        {
            throw new ClientsFileException($"{path}: {exception.Path}: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new ClientsFileException($"{path}: {exception.Message}", exception);
        }

        var errors = ClientRules.Check(declaration).ToList();
        return errors.Count == 0
            ? declaration
            : throw new ClientsFileException(string.Join(Environment.NewLine, errors.Select(e => $"{path}: {e}")));
    }
}

/// <summary>A clients file that cannot be applied; its message names file, place and rule.</summary>
internal sealed class ClientsFileException(string message, Exception? inner = null) : Exception(message, inner);
