namespace Browser.Tests.Support;

/// <summary>
/// About the real time, since browsers drop cookies by theirs, but not running: it begins with a step of the authenticator
/// apps, goes on by a millisecond at each look, and is moved on when a journey would wait. So no code of an app runs out
/// because a machine is busy.
/// </summary>
internal sealed class ShiftedTime : TimeProvider
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    private long ticks;

    public ShiftedTime() => ticks = base.GetUtcNow().Ticks / Step.Ticks * Step.Ticks;

    public void Advance(TimeSpan time) => Interlocked.Add(ref ticks, time.Ticks);

    public override DateTimeOffset GetUtcNow() =>
        new(Interlocked.Add(ref ticks, TimeSpan.TicksPerMillisecond), TimeSpan.Zero);
}
