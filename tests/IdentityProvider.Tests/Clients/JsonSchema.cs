using System.Text.Json;
using System.Text.RegularExpressions;

namespace IdentityProvider.Tests.Clients;

/// <summary>
/// As much of JSON Schema 2020-12 as <c>clients.schema.json</c> uses. A keyword that is not known here fails, so that
/// none is passed over.
/// </summary>
internal sealed class JsonSchema(JsonElement root)
{
    private static readonly HashSet<string> Silent =
    [
        "$schema",
        "$defs",
        "$comment",
        "title",
        "description",
        "default",
        "then",
        "else",
        // An annotation unless asked for; the patterns beside it say what holds.
        "format",
    ];

    public bool Allows(JsonElement value) => Allows(root, value);

    private bool Allows(JsonElement schema, JsonElement value) =>
        schema.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => schema.EnumerateObject().All(keyword => Holds(schema, keyword, value)),
        };

    private bool Holds(JsonElement schema, JsonProperty keyword, JsonElement value)
    {
        var rule = keyword.Value;
        return keyword.Name switch
        {
            "$ref" => Allows(Resolve(rule.GetString()!), value),
            "allOf" => rule.EnumerateArray().All(s => Allows(s, value)),
            "not" => !Allows(rule, value),
            "if" => Branch(schema, Allows(rule, value) ? "then" : "else", value),
            "type" => rule.ValueKind == JsonValueKind.Array
                ? rule.EnumerateArray().Any(t => IsOf(t.GetString()!, value))
                : IsOf(rule.GetString()!, value),
            "const" => JsonElement.DeepEquals(rule, value),
            "enum" => rule.EnumerateArray().Any(e => JsonElement.DeepEquals(e, value)),
            "pattern" => value.ValueKind != JsonValueKind.String
                || Regex.IsMatch(value.GetString()!, rule.GetString()!, RegexOptions.ECMAScript),
            "minimum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() >= rule.GetDouble(),
            "maximum" => value.ValueKind != JsonValueKind.Number || value.GetDouble() <= rule.GetDouble(),
            "items" => Items(value).All(i => Allows(rule, i)),
            "contains" => value.ValueKind != JsonValueKind.Array || Items(value).Any(i => Allows(rule, i)),
            "minItems" => value.ValueKind != JsonValueKind.Array || Items(value).Count() >= rule.GetInt32(),
            "maxItems" => Items(value).Count() <= rule.GetInt32(),
            "required" => value.ValueKind != JsonValueKind.Object
                || rule.EnumerateArray().All(r => value.TryGetProperty(r.GetString()!, out _)),
            "properties" => Members(value).All(m => !rule.TryGetProperty(m.Name, out var own) || Allows(own, m.Value)),
            "additionalProperties" => Members(value)
                .All(m => schema.GetProperty("properties").TryGetProperty(m.Name, out _) || Allows(rule, m.Value)),
            _ => Silent.Contains(keyword.Name)
                ? true
                : throw new NotSupportedException($"The keyword {keyword.Name} is not known."),
        };
    }

    private bool Branch(JsonElement schema, string name, JsonElement value) =>
        !schema.TryGetProperty(name, out var branch) || Allows(branch, value);

    private JsonElement Resolve(string reference) =>
        reference.Split('/').Skip(1).Aggregate(root, (element, name) => element.GetProperty(name));

    private static bool IsOf(string type, JsonElement value) =>
        type switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "array" => value.ValueKind == JsonValueKind.Array,
            "string" => value.ValueKind == JsonValueKind.String,
            "null" => value.ValueKind == JsonValueKind.Null,
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            _ => throw new NotSupportedException($"The type {type} is not known."),
        };

    private static IEnumerable<JsonElement> Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    private static IEnumerable<JsonProperty> Members(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : [];
}
