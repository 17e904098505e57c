namespace Browser.Tests.Support;

/// <summary>The real time, moved on when a journey would wait: for the next code of an authenticator app.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private TimeSpan shift;

    public void Advance(TimeSpan time) => shift += time;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
}
