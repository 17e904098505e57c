using IdentityProvider.Data;
using IdP.Recovery.Audit;
using IdP.Recovery.Ports;
using Tests.Support;
using Xunit;

namespace Recovery.Tests.Factors.Passkeys;

/// <summary>The signature counter (WebAuthn 6.1.1): one that does not grow tells of a copy.</summary>
public sealed class CounterTests
{
    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_counter_that_goes_back_is_told_once_an_hour(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;

        for (var i = 0; i < 3; i++)
        {
            held.SignCount = 0;
            Assert.Null(await host.UseAsync(held, ada));
            host.Time.Advance(TimeSpan.FromMinutes(35));
        }

        await host.DrainAsync();
        Assert.Equal(
            2,
            host.Mails.Sent.Count(m => m.Mail is RecoveryMail.FactorChanged { Change: FactorChange.PasskeyCopied })
        );
        Assert.Equal(2, (await host.RowsAsync<AuditEvent>()).Count(e => e.Type == AuditEventTypes.PasskeyCopied));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task By_option_a_counter_that_goes_back_is_told_and_taken(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(
            provider,
            ("AccountRecovery:Passkeys:CounterBack", "Tell")
        );
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        held.SignCount = 41;
        await host.UseAsync(held, ada);

        held.SignCount = 20;
        Assert.NotNull(await host.UseAsync(held, ada));

        await host.DrainAsync();
        Assert.Equal(FactorChange.PasskeyCopied, host.Mails.Last<RecoveryMail.FactorChanged>().Change);
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task A_counter_that_goes_back_is_refused(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        held.SignCount = 41;
        Assert.NotNull(await host.UseAsync(held, ada));

        held.SignCount = 40;
        Assert.Null(await host.UseAsync(held, ada));
        held.SignCount = 42;
        Assert.NotNull(await host.UseAsync(held, ada));
    }

    [Theory, ClassData(typeof(EveryDatabase))]
    public async Task Of_two_copies_with_one_counter_one_gets_in(DatabaseProvider provider)
    {
        await using var host = await RecoveryHost.StartAsync(provider);
        await using var other = host.StartAnother();
        var (ada, authenticator) = await host.EnrollAsync();
        using var held = authenticator;
        var answers = new List<(string State, string Answer)>();
        for (var i = 0; i < 12; i++)
        {
            var ceremony = await host.BeginUseAsync(ada);
            held.SignCount = 6;
            answers.Add((ceremony.State, held.Use(ceremony.OptionsJson)));
        }

        var used = await AtOnce.RunAsync(
            answers.Count,
            i => (i % 2 == 0 ? host : other).VerifyAsync(answers[i].State, answers[i].Answer, ada)
        );

        Assert.Single(used, u => u is not null);
    }
}
