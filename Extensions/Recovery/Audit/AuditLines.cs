using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace IdP.Recovery.Audit;

/// <summary>How an export writes an event.</summary>
internal sealed record AuditLines(string Head, Func<AuditEvent, AuditSeal?, string> Line)
{
    private static readonly string[] Names =
    [
        "sequence",
        "id",
        "at",
        "type",
        "account",
        "actor",
        "subject",
        "network",
        "browser",
        "reason",
        "proof",
        "why",
        "hash",
    ];

    private static readonly JsonSerializerOptions Json = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static AuditLines For(AuditFormat format) =>
        format switch
        {
            AuditFormat.Csv => new(Csv.Row(Names), (e, s) => Csv.Row(Cells(e, s))),
            AuditFormat.JsonLines => new("", (e, s) => JsonLine(Cells(e, s)) + "\n"),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };

    private static string?[] Cells(AuditEvent audited, AuditSeal? seal) =>
        [
            seal?.Sequence.ToString(CultureInfo.InvariantCulture),
            audited.Id.ToString(),
            audited.At.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            audited.Type,
            audited.AccountId,
            audited.ActorId,
            audited.SubjectId,
            audited.Network,
            audited.Browser,
            audited.Reason,
            audited.Proof,
            audited.Why,
            seal is null ? null : Convert.ToHexStringLower(seal.Hash),
        ];

    private static string JsonLine(string?[] cells)
    {
        var line = new Dictionary<string, object?>(cells.Length);
        foreach (var (name, cell) in Names.Zip(cells))
        {
            if (cell is not null)
            {
                line[name] = name == "sequence" ? long.Parse(cell, CultureInfo.InvariantCulture) : cell;
            }
        }

        return JsonSerializer.Serialize(line, Json);
    }
}
