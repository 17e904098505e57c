using System.Text;

namespace Recovery.Tests.Audit;

/// <summary>Reads RFC 4180, and nothing more lenient.</summary>
internal static class Csv
{
    public static List<List<string>> Read(string text)
    {
        var table = new List<List<string>>();
        var row = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted)
            {
                if (c != '"')
                {
                    cell.Append(c);
                }
                else if (i + 1 < text.Length && text[i + 1] == '"')
                {
                    cell.Append('"');
                    i++;
                }
                else
                {
                    quoted = false;
                }
            }
            else if (c == '"')
            {
                if (cell.Length > 0)
                {
                    throw new FormatException($"A quote within a bare cell, at {i}.");
                }

                quoted = true;
            }
            else if (c == ',')
            {
                row.Add(cell.ToString());
                cell.Clear();
            }
            else if (c == '\r' && i + 1 < text.Length && text[i + 1] == '\n')
            {
                row.Add(cell.ToString());
                cell.Clear();
                table.Add(row);
                row = [];
                i++;
            }
            else if (c is '\r' or '\n')
            {
                throw new FormatException($"A bare line break, at {i}.");
            }
            else
            {
                cell.Append(c);
            }
        }

        return quoted || row.Count > 0 || cell.Length > 0
            ? throw new FormatException("The last row does not end.")
            : table;
    }
}
