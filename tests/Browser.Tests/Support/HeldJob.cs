namespace Browser.Tests.Support;

/// <summary>
/// A job over many people that comes to a halt between two of them, until a test lets it go on: it looks up who runs it
/// before each.
/// </summary>
/// <param name="after">How many people have their turn before the halt.</param>
internal sealed class HeldJob(int after)
{
    private readonly AsyncLocal<bool> isJob = new();
    private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int turns;

    /// <summary>Whose job it is.</summary>
    public string? ActorId { get; set; }

    /// <summary>Before each look-up of an account; for <c>HookedAccounts</c>.</summary>
    public async Task BeforeAsync(string accountId)
    {
        if (isJob.Value && accountId == ActorId && turns++ == after)
        {
            held.SetResult();
            await released.Task;
        }
    }

    /// <summary>Runs what is due, and comes back at the halt; the task in it ends when the work does.</summary>
    public async Task<Task> BeginAsync(Stage stage)
    {
        var work = DrainAsync(stage);
        await await Task.WhenAny(held.Task, work);
        return work;
    }

    /// <summary>Lets it go on.</summary>
    public void Release() => released.SetResult();

    private async Task DrainAsync(Stage stage)
    {
        isJob.Value = true;
        await stage.Provider.DrainAsync();
    }
}
