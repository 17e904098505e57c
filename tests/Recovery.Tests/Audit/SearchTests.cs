using System.Text;
using System.Text.Json;
using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Console;
using Microsoft.EntityFrameworkCore;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Audit;

/// <summary>The audit is searched page by page, and taken out as a file that says so itself.</summary>
public sealed class SearchTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Each_part_of_a_filter_takes_what_it_says_and_all_parts_hold_together(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var start = host.Time.GetUtcNow();
        await host.WriteAsync(3, AuditEventTypes.FactorAdded);
        await host.WriteAsync(2, AuditEventTypes.FactorRemoved, "Her phone was STOLEN in Łódź, 100%_sure");
        await host.WriteAsync(4);

        Assert.Equal(9, await CountAsync(host, new()));
        Assert.Equal(3, await CountAsync(host, new() { Type = AuditEventTypes.FactorAdded }));
        Assert.Equal(5, await CountAsync(host, new() { Type = "factor." }));
        Assert.Equal(0, await CountAsync(host, new() { Type = "actor" }));
        Assert.Equal(3, await CountAsync(host, new() { AccountId = "account-1" }));
        Assert.Equal(9, await CountAsync(host, new() { ActorId = "actor" }));
        Assert.Equal(0, await CountAsync(host, new() { ActorId = "account-1" }));
        Assert.Equal(7, await CountAsync(host, new() { From = start.AddSeconds(3) }));
        Assert.Equal(2, await CountAsync(host, new() { To = start.AddSeconds(3) }));
        Assert.Equal(
            2,
            await CountAsync(host, new() { From = start.ToOffset(TimeSpan.FromHours(2)), To = start.AddSeconds(3) })
        );
        Assert.Equal(9, await CountAsync(host, new() { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue }));
        Assert.Equal(2, await CountAsync(host, new() { Text = "stolen" }));
        Assert.Equal(2, await CountAsync(host, new() { Text = "100%_" }));
        Assert.Equal(0, await CountAsync(host, new() { Text = "s_olen" }));
        Assert.Equal(9, await CountAsync(host, new() { Text = "reason" }));
        Assert.Equal(0, await CountAsync(host, new() { Text = "reaso" }));
        Assert.Equal(
            1,
            await CountAsync(
                host,
                new()
                {
                    Type = "factor.",
                    AccountId = "account-1",
                    Text = "stolen",
                }
            )
        );
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Pages_follow_one_another_from_the_newest_on_without_gap_or_repetition(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var written = await host.WriteAsync(10);
        var seen = new List<Guid>();
        Guid? before = null;
        do
        {
            var page = await SearchAsync(host, new(), before, 4);
            seen.AddRange(page.Events.Select(e => e.Id));
            before = page.Older;

            // What is written meanwhile moves no page.
            await host.WriteAsync(1);
        } while (before is not null);

        Assert.Equal(written.Select(e => e.Id).Reverse(), seen);
        Assert.Null((await SearchAsync(host, new() { AccountId = "account-9" }, null, 1)).Older);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task The_chain_can_be_computed_again_from_an_export_alone(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.WriteAsync(5, why: "She said: \"it's gone\",\r\nand so on; ü, 鍵, 🔑");
        await host.WriteOneAsync("account");
        await host.SealAsync();
        var head = (await host.VerifyAsync()).Head;

        var lines = (await ExportAsync(host, new(), AuditFormat.JsonLines))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(l)!)
            .ToList();

        var hash = new byte[AuditHash.Length];
        foreach (var line in lines)
        {
            hash = AuditHash.Next(hash, Read(n => line.TryGetValue(n, out var v) ? v.GetString() : null));
            Assert.Equal(Convert.ToHexStringLower(hash), line["hash"].GetString());
        }

        Assert.Equal(Enumerable.Range(1, 6), lines.Select(l => l["sequence"].GetInt32()));
        Assert.Equal(head.Hash, Convert.ToHexStringLower(hash));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_table_of_an_export_reads_back_as_what_was_written(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        const string Awkward = "a \"quote\", a comma,\r\na line and ü";
        await host.WriteAsync(2, why: Awkward);
        await host.SealAsync();

        var table = Csv.Read(await ExportAsync(host, new(), AuditFormat.Csv));

        Assert.Equal(
            "sequence,id,at,type,account,actor,subject,network,browser,reason,proof,why,hash",
            string.Join(',', table[0])
        );
        var hash = new byte[AuditHash.Length];
        foreach (var row in table[1..])
        {
            var cells = table[0].Zip(row).ToDictionary();
            Assert.Equal(Awkward, cells["why"]);
            hash = AuditHash.Next(hash, Read(n => cells[n]));
            Assert.Equal(Convert.ToHexStringLower(hash), cells["hash"]);
        }

        Assert.Equal(3, table.Count);
    }

    [Theory]
    [InlineData("=HYPERLINK(\"http://evil.example\")")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    public async Task No_cell_of_a_table_begins_a_formula(string why)
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.WriteAsync(1, why: why);

        var table = Csv.Read(await ExportAsync(host, new(), AuditFormat.Csv));

        Assert.Contains("'" + why, table[1]);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task An_export_tells_who_took_what_out_before_its_first_line_and_keeps_to_its_filter(
        DatabaseProvider provider
    )
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await host.WriteAsync(3);
        await using var broken = new BrokenStream();
        await Assert.ThrowsAnyAsync<IOException>(() =>
            RunAsync(host, new() { AccountId = "account-1" }, AuditFormat.Csv, broken)
        );

        var told = Assert.Single(await host.RowsAsync<AuditEvent>(), e => e.Type == AuditEventTypes.AuditExported);
        Assert.Equal(
            ("root", "csv", "account=account-1", "pwd otp", "192.0.2.7"),
            (told.ActorId, told.Reason, told.SubjectId, told.Proof, told.Network)
        );
        var table = Csv.Read(await ExportAsync(host, new() { AccountId = "account-1" }, AuditFormat.Csv));
        Assert.Equal("account-1", Assert.Single(table[1..])[4]);
    }

    [Fact]
    public async Task A_search_by_type_or_actor_uses_an_index()
    {
        await using var host = await RecoveryHost.StartAsync(DatabaseProvider.Sqlite);
        await host.TamperAsync(async c =>
        {
            foreach (
                var filter in (AuditFilter[])
                    [new() { Type = "factor." }, new() { ActorId = "x" }, new() { AccountId = "x" }]
            )
            {
                var query = filter.Apply(c.Set<AuditEvent>()).OrderByDescending(e => e.Id).Take(5);
                await c.Database.OpenConnectionAsync(Cancelled);
                await using var command = query.CreateDbCommand();
                command.CommandText = "EXPLAIN QUERY PLAN " + command.CommandText;
                await using var reader = await command.ExecuteReaderAsync(Cancelled);
                Assert.True(await reader.ReadAsync(Cancelled));
                Assert.Contains("USING INDEX", reader.GetString(3), StringComparison.Ordinal);
            }
        });
    }

    private static async Task<int> CountAsync(RecoveryHost host, AuditFilter filter) =>
        (await SearchAsync(host, filter, null, 200)).Events.Count;

    private static Task<AuditPage> SearchAsync(RecoveryHost host, AuditFilter filter, Guid? before, int size) =>
        host.CallAsync<SearchAudit, AuditPage>(s => s.RunAsync(filter, before, size, Cancelled));

    private static async Task<string> ExportAsync(RecoveryHost host, AuditFilter filter, AuditFormat format)
    {
        using var stream = new MemoryStream();
        await RunAsync(host, filter, format, stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static Task<long> RunAsync(RecoveryHost host, AuditFilter filter, AuditFormat format, Stream output) =>
        host.CallAsync<ExportAudit, long>(e =>
            e.RunAsync(
                filter,
                format,
                output,
                new Actor("root", [ConsoleRoles.Administrator], "pwd otp"),
                RecoveryHost.Origin,
                Cancelled
            )
        );

    private static AuditEvent Read(Func<string, string?> cell)
    {
        return new()
        {
            Id = Guid.Parse(cell("id")!),
            At = DateTimeOffset.Parse(cell("at")!, System.Globalization.CultureInfo.InvariantCulture),
            Type = cell("type")!,
            AccountId = Text("account"),
            ActorId = Text("actor"),
            SubjectId = Text("subject"),
            Network = Text("network"),
            Browser = Text("browser"),
            Reason = Text("reason"),
            Proof = Text("proof"),
            Why = Text("why"),
        };

        // A table does not tell nothing from an empty text; no event has the latter.
        string? Text(string name) => cell(name) is { Length: > 0 } text ? text : null;
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken c) =>
            throw new IOException("gone");

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken c) =>
            throw new IOException("gone");

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("gone");
    }
}
