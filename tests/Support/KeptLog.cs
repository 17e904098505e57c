using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Tests.Support;

/// <summary>Everything that a host logs, for tests that are about it.</summary>
internal sealed class KeptLog : ILoggerProvider, ILogger
{
    public ConcurrentQueue<string> Lines { get; } = [];

    /// <summary>Makes a host write here and nowhere else.</summary>
    public void Keep(IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, LoggerFactory>());
        services.RemoveAll<ILoggerProvider>();
        services.AddSingleton<ILoggerProvider>(this);
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Lines.Enqueue(formatter(state, exception) + exception);

    public void Dispose() { }
}
