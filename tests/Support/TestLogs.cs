using Microsoft.Extensions.Logging;
using Xunit;

namespace Tests.Support;

/// <summary>What a host logs goes into the output of the test that started it, which is shown when the test fails.</summary>
internal sealed class TestLogs(ITestOutputHelper? output) : ILoggerProvider
{
    /// <summary>
    /// For a host of the test that runs now. It is not disposed with the host: Hangfire keeps the last host's in a
    /// static field, and other hosts go on when that one has ended.
    /// </summary>
    public static ILoggerFactory Factory() =>
        LoggerFactory.Create(logs =>
            logs.AddProvider(new TestLogs(TestContext.Current.TestOutputHelper))
                .SetMinimumLevel(LogLevel.Warning)
                .AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error)
                .AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error)
        );

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, output);

    public void Dispose() { }

    private sealed class Logger(string category, ITestOutputHelper? output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => output is not null && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            try
            {
                output?.WriteLine(
                    $"{logLevel}: {category}[{eventId.Id}] {formatter(state, exception)} {exception}".TrimEnd()
                );
            }
            catch (InvalidOperationException)
            {
                // Hangfire's threads outlive the test.
            }
        }
    }
}
