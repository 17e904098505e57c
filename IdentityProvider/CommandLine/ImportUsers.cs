using CsvHelper;
using IdentityProvider.Accounts;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.CommandLine;

/// <summary>A line that was left out, and why.</summary>
internal sealed record ImportProblem(int Line, string Text);

/// <summary>How an import ended.</summary>
internal sealed record ImportResult(int Created, int Valid, IReadOnlyList<ImportProblem> Problems);

/// <summary>
/// Makes accounts from a CSV file. It is read twice: once to check, so that a wrong line stops everything before the
/// database is touched, and once to import, in one transaction.
/// </summary>
internal sealed class ImportUsers(IdpDbContext context, CreateAccount create)
{
    private const int Batch = 250;
    private const int LongestRecord = 16 * 1024;

    private static readonly string[] Columns =
    [
        "email",
        "name",
        "given_name",
        "family_name",
        "locale",
        "zoneinfo",
        "phone_number",
    ];

    private sealed record Row(int Line, NewAccount Account, string Address);

    /// <summary>Imports a file.</summary>
    /// <exception cref="CommandFailure">The file is not of the form.</exception>
    public async Task<ImportResult> RunAsync(
        string path,
        bool skipInvalid,
        bool dryRun,
        string actorId,
        IProgress<double> progress,
        CancellationToken cancellationToken
    )
    {
        var problems = new List<ImportProblem>();
        var valid = 0;
        await foreach (var batch in ReadAsync(path, problems, progress, cancellationToken))
        {
            valid += batch.Count;
        }

        problems.Sort((a, b) => a.Line.CompareTo(b.Line));
        if (dryRun || valid == 0 || (problems.Count > 0 && !skipInvalid))
        {
            return new(0, valid, problems);
        }

        var created = 0;
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await foreach (var batch in ReadAsync(path, [], progress, cancellationToken))
        {
            create.AddMany(batch.Select(r => r.Account), actorId);
            await context.SaveChangesAsync(cancellationToken);
            context.ChangeTracker.Clear();
            created += batch.Count;
        }

        await transaction.CommitAsync(cancellationToken);
        return new(created, valid, problems);
    }

    private async IAsyncEnumerable<List<Row>> ReadAsync(
        string path,
        List<ImportProblem> problems,
        IProgress<double> progress,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using var stream = File.OpenRead(path);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var rows = new List<Row>(Batch);
        foreach (var (line, account) in Parse(stream))
        {
            if (account is null)
            {
                problems.Add(new(line, "must have as many fields as the header."));
                continue;
            }

            var found = AccountRules.Check(account).ToList();
            problems.AddRange(found.Select(text => new ImportProblem(line, text)));
            if (found.Count > 0)
            {
                continue;
            }

            var address = EmailAddress.Normalize(account.Email)!;
            if (!seen.TryAdd(address, line))
            {
                problems.Add(new(line, $"email stands on line {seen[address]} already."));
                continue;
            }

            rows.Add(new(line, account, address));
            if (rows.Count == Batch)
            {
                yield return await WithoutKnownAsync(rows, problems, cancellationToken);
                rows.Clear();
                progress.Report((double)stream.Position / stream.Length);
            }
        }

        yield return await WithoutKnownAsync(rows, problems, cancellationToken);
        progress.Report(1);
    }

    private async Task<List<Row>> WithoutKnownAsync(
        List<Row> rows,
        List<ImportProblem> problems,
        CancellationToken cancellationToken
    )
    {
        var addresses = rows.ConvertAll(r => r.Address);
        var known = (
            await context
                .Users.Where(a => addresses.Contains(a.NormalizedEmail!))
                .Select(a => a.NormalizedEmail!)
                .Concat(
                    context
                        .Set<RecoveryAddress>()
                        .Where(a => addresses.Contains(a.Confirmed!))
                        .Select(a => a.Confirmed!)
                )
                .ToListAsync(cancellationToken)
        ).ToHashSet(StringComparer.Ordinal);
        problems.AddRange(
            rows.Where(r => known.Contains(r.Address))
                .Select(r => new ImportProblem(r.Line, "email names an account already."))
        );
        return rows.FindAll(r => !known.Contains(r.Address));
    }

    private static IEnumerable<(int Line, NewAccount? Account)> Parse(Stream stream)
    {
        // Security: threat 3. Bytes that are no UTF-8 become replacement characters, which no rule lets pass.
        using var csv = CsvReader.Create(
            stream,
            new CsvReaderOptions
            {
                Separator = ',',
                TrackLineNumbers = true,
                MaxRecordSize = LongestRecord,
                MalformedData = CsvMalformedDataHandling.Throw,
                IncludeValuesInExceptions = false,
            },
            leaveOpen: true
        );
        var header = Try(() => csv.Headers.Select(h => h.Trim().ToLowerInvariant()).ToList());
        if (
            header.Except(Columns, StringComparer.Ordinal).Any()
            || header.Distinct(StringComparer.Ordinal).Count() != header.Count
            || !header.Contains("email")
        )
        {
            throw new CommandFailure(
                $"The header must have email, and may have once each {string.Join(", ", Columns.Skip(1))}."
            );
        }

        while (Try(csv.Read))
        {
            var account = csv.FieldCount == header.Count ? Describe(csv, header) : null;
            yield return ((int)csv.LineNumber, account);
        }
    }

    private static T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CsvFormatException exception)
        {
            throw new CommandFailure(
                $"The file is not CSV at line {exception.LineNumber}, or that line is longer than {LongestRecord} bytes."
            );
        }
    }

    private static NewAccount Describe(CsvReader csv, List<string> header)
    {
        string? Field(string name) =>
            header.IndexOf(name) is var i and >= 0 && csv.GetString(i) is var value && !string.IsNullOrWhiteSpace(value)
                ? value
                : null;

        return new(Field("email"))
        {
            Name = Field("name"),
            GivenName = Field("given_name"),
            FamilyName = Field("family_name"),
            Locale = Field("locale"),
            ZoneInfo = Field("zoneinfo"),
            PhoneNumber = Field("phone_number"),
        };
    }
}
