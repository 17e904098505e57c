using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Registry;

namespace IdP.Recovery.Endpoints;

/// <summary>
/// Keeps one endpoint from delaying another: on each node it gets so many deliveries at a time, and none for a while
/// after several have failed. What is not let through waits, which counts as no try.
/// </summary>
internal sealed class EndpointGuards(TimeProvider time, IOptions<EndpointOptions> options) : IDisposable
{
    /// <summary>How long nothing is tried after failures.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(30);

    // Each that ends calls the next, so that a thousand that wait need not ask again and again.
    private static readonly TimeSpan BehindOthers = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BehindFailures = TimeSpan.FromMinutes(2);

    private readonly ResiliencePipelineRegistry<Guid> pipelines = new();

    /// <summary>Delivers.</summary>
    /// <exception cref="PutOffException">Not now.</exception>
    public async Task<DeliveryOutcome> RunAsync(
        Guid endpointId,
        Func<CancellationToken, Task<DeliveryOutcome>> deliver,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await Pipeline(endpointId).ExecuteAsync(async inner => await deliver(inner), cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            throw new PutOffException(BehindFailures);
        }
        catch (RateLimiterRejectedException)
        {
            throw new PutOffException(BehindOthers);
        }
    }

    public void Dispose() => pipelines.Dispose();

    private ResiliencePipeline<DeliveryOutcome> Pipeline(Guid endpointId) =>
        pipelines.GetOrAddPipeline<DeliveryOutcome>(
            endpointId,
            builder =>
            {
                builder.TimeProvider = time;
                builder
                    .AddConcurrencyLimiter(options.Value.AtOnce)
                    .AddCircuitBreaker(
                        new CircuitBreakerStrategyOptions<DeliveryOutcome>
                        {
                            FailureRatio = 0.5,
                            MinimumThroughput = 4,
                            SamplingDuration = TimeSpan.FromMinutes(1),
                            BreakDuration = Break,
                            ShouldHandle = arguments =>
                                ValueTask.FromResult(arguments.Outcome.Result is DeliveryOutcome.NotYet),
                        }
                    );
            }
        );
}
