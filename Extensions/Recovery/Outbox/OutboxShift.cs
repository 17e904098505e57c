namespace IdP.Recovery;

/// <summary>Who works through a lane in this process: one at a time, who looks again as often as there is more.</summary>
internal sealed class OutboxShift
{
    private readonly Lock gate = new();
    private TaskCompletionSource called = New();
    private bool isOn;

    /// <summary>Begins one; where one is on already, it is told to look again, and this is false.</summary>
    public bool TryBegin()
    {
        lock (gate)
        {
            if (isOn)
            {
                called.TrySetResult();
                return false;
            }

            isOn = true;
            return true;
        }
    }

    /// <summary>Tells the one that is on to look again; false where none is.</summary>
    public bool LookAgain()
    {
        lock (gate)
        {
            return isOn && (called.TrySetResult() || true);
        }
    }

    /// <summary>To be called before looking: what is committed from now on ends the task that this gives.</summary>
    public Task Look()
    {
        lock (gate)
        {
            called = called.Task.IsCompleted ? New() : called;
            return called.Task;
        }
    }

    /// <summary>Ends it, unless it was told to look again.</summary>
    public bool TryEnd()
    {
        lock (gate)
        {
            isOn = called.Task.IsCompleted;
            return !isOn;
        }
    }

    /// <summary>Ends it however it went.</summary>
    public void End()
    {
        lock (gate)
        {
            isOn = false;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
