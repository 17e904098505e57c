using Spectre.Console;

namespace IdentityProvider.CommandLine;

/// <summary>Shows on stderr how far something is, where somebody looks at it.</summary>
internal static class ProgressBar
{
    /// <summary>Runs something that reports how far it is, from 0 to 1.</summary>
    /// <param name="name">What it does.</param>
    public static async Task<TResult> RunAsync<TResult>(string name, Func<IProgress<double>, Task<TResult>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(new Ignore());
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console
            .Progress()
            .StartAsync(async progress => await work(new Bar(progress.AddTask(name, maxValue: 1))));
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    private sealed class Ignore : IProgress<double>
    {
        public void Report(double value) { }
    }
}
