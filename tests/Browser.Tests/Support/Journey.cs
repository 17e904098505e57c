using System.Collections.Concurrent;
using Tests.Support;
using Xunit;

namespace Browser.Tests.Support;

/// <summary>
/// A story at a browser. Where one fails, what everybody saw is left in <c>tests/results/failures</c>: picture, address and
/// source of each page, and what the host logged.
/// </summary>
public abstract class Journey : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<IScene>> Scenes = new();

    private static string TestId => TestContext.Current.Test!.UniqueID;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!Scenes.TryRemove(TestId, out var scenes))
        {
            return;
        }

        foreach (var scene in scenes)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                await LeaveAsync(scene);
            }

            await scene.EndAsync();
        }
    }

    /// <summary>Ends with the test, when it is known how that ended.</summary>
    internal static void Keep(IScene scene) => Scenes.GetOrAdd(TestId, _ => []).Enqueue(scene);

    private static async Task LeaveAsync(IScene scene)
    {
        var folder = Directory.CreateDirectory(Repository.PathOf("tests", "results", "failures"));
        var name = string.Concat(
            TestContext.Current.Test!.TestDisplayName.Split('.')[^1].Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')
        );
        var path = Path.Combine(folder.FullName, name[..Math.Min(name.Length, 120)]);
        await File.WriteAllTextAsync(path + ".log", TestContext.Current.TestOutputHelper?.Output ?? "");
        foreach (var (i, person) in scene.People.Index())
        {
            try
            {
                await File.WriteAllTextAsync(
                    $"{path}-{i}.html",
                    $"<!-- {person.Page.Url} -->\n{await person.Page.ContentAsync()}"
                );
                await person.Page.ScreenshotAsync(new() { Path = $"{path}-{i}.png", FullPage = true });
            }
            catch (Microsoft.Playwright.PlaywrightException)
            {
                // A page that is closed, or that hangs, has no picture.
            }
        }
    }
}

/// <summary>What people at browsers meet.</summary>
internal interface IScene
{
    /// <summary>Everybody who came.</summary>
    IReadOnlyList<Person> People { get; }

    /// <summary>Ends it, and everybody's browser.</summary>
    Task EndAsync();
}
