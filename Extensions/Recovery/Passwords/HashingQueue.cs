namespace IdP.Recovery.Passwords;

/// <summary>Runs password hashing, as many at once as there are cores.</summary>
public sealed class HashingQueue : IDisposable
{
    private readonly SemaphoreSlim slots = new(Environment.ProcessorCount);

    /// <summary>Runs work.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <typeparam name="T">Result.</typeparam>
    public async ValueTask<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await slots.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            slots.Release();
        }
    }

    /// <inheritdoc />
    public void Dispose() => slots.Dispose();
}

/// <summary>The queue is full.</summary>
public sealed class HashingQueueFullException : Exception;
