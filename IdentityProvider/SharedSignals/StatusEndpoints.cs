using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Clients;
using IdentityProvider.Data;
using IdP.Recovery;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace IdentityProvider.SharedSignals;

/// <summary>A stream's status (SSF 1.0, 8.1.2) and its verification (8.1.4).</summary>
internal static class StatusEndpoints
{
    public const string Path = "/ssf/status";
    public const string VerificationPath = "/ssf/verify";

    private const int StateLength = 1024;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        var manage = SignalAccess.With(SignalScopes.Manage);
        endpoints.MapGet(Path, ReadAsync).AddEndpointFilter(SignalAccess.With(SignalScopes.Manage, SignalScopes.Read));
        endpoints.MapPost(Path, ChangeAsync).AddEndpointFilter(manage);
        endpoints.MapPost(VerificationPath, VerifyAsync).AddEndpointFilter(manage);
    }

    private static async Task<IResult> ReadAsync(HttpContext http, IdpDbContext context, string? stream_id) =>
        await context.FindStreamAsync(http, stream_id) is { } stream ? Describe(stream) : SignalRequests.NoStream();

    private static async Task<IResult> ChangeAsync(
        HttpContext http,
        IdpDbContext context,
        UnitOfWork work,
        SignalStreams streams
    )
    {
        if (await SignalRequests.ReadAsync(http) is not { } body)
        {
            return SignalRequests.NotJson();
        }

        SignalStreamStatus? status = body.Text("status") switch
        {
            "enabled" => SignalStreamStatus.Enabled,
            "paused" => SignalStreamStatus.Paused,
            "disabled" => SignalStreamStatus.Disabled,
            _ => null,
        };
        var reason = body.Text("reason");
        if (status is null || body.Text("stream_id") is not { } streamId)
        {
            return SignalRequests.Bad("stream_id and status (enabled, paused, disabled) are needed.");
        }

        if (reason is not null && (reason.Length > StreamWish.DescriptionLength || !PlainText.Is(reason)))
        {
            return SignalRequests.Bad(
                $"reason must be at most {StreamWish.DescriptionLength} characters that can be seen, in one line."
            );
        }

        return await work.RunAsync(
            async inner =>
            {
                if (await context.FindStreamAsync(http, streamId) is not { } stream)
                {
                    return SignalRequests.NoStream();
                }

                var before = stream.Status;
                stream.Status = status.Value;
                stream.StatusReason = reason;

                // 8.1.2.1: a disabled stream holds nothing for later.
                if (status == SignalStreamStatus.Disabled)
                {
                    await SignalStreams.Owed(context, stream.Id).ExecuteDeleteAsync(inner);
                }

                if (before != stream.Status)
                {
                    await streams.ResumeAsync(stream, inner);
                }

                return Describe(stream);
            },
            http.RequestAborted
        );
    }

    private static async Task<IResult> VerifyAsync(
        HttpContext http,
        IdpDbContext context,
        UnitOfWork work,
        IOptions<SharedSignalsOptions> options,
        TimeProvider time
    )
    {
        if (await SignalRequests.ReadAsync(http) is not { } body)
        {
            return SignalRequests.NotJson();
        }

        var state = body.Text("state");
        if (
            body.Text("stream_id") is not { } streamId
            || (state is null && body.TryGetProperty("state", out _))
            || state is { Length: > StateLength }
        )
        {
            return SignalRequests.Bad($"stream_id must be given, and state be a string of at most {StateLength}.");
        }

        return await work.RunAsync(
            async inner =>
            {
                if (await context.FindStreamAsync(http, streamId) is not { } stream)
                {
                    return SignalRequests.NoStream();
                }

                var now = time.GetUtcNow();
                var interval = options.Value.VerificationInterval;
                var latest = now - interval;
                var first = await context
                    .Set<SignalStream>()
                    .Where(s => s.Id == streamId && (s.VerifiedAt == null || s.VerifiedAt <= latest))
                    .ExecuteUpdateAsync(set => set.SetProperty(s => s.VerifiedAt, now), inner);
                if (first == 0)
                {
                    http.Response.Headers.RetryAfter = ((int)Math.Ceiling(interval.TotalSeconds)).ToString(
                        CultureInfo.InvariantCulture
                    );
                    return Results.Problem(statusCode: StatusCodes.Status429TooManyRequests);
                }

                Add(context, work, stream, state, now);
                return Results.NoContent();
            },
            http.RequestAborted
        );
    }

    private static void Add(
        IdpDbContext context,
        UnitOfWork work,
        SignalStream stream,
        string? state,
        DateTimeOffset now
    )
    {
        if (stream.Status == SignalStreamStatus.Disabled)
        {
            return;
        }

        var id = Guid.CreateVersion7(now);
        var content = new JsonObject();
        if (state is not null)
        {
            content["state"] = state;
        }

        var verification = new SignalEvent
        {
            Id = id,
            StreamId = stream.Id,
            CauseId = id,
            EventType = SignalTable.Verification,
            Transaction = id,
            Subject = SignalSubject.Opaque(stream.Id).ToJsonString(),
            Content = content.ToJsonString(),
            IssuedAt = now,
        };
        context.Add(verification);
        PushSignal.Enqueue(work, stream, verification);
    }

    private static IResult Describe(SignalStream stream)
    {
        var status = new JsonObject
        {
            ["stream_id"] = stream.Id,
            ["status"] = JsonNamingPolicy.CamelCase.ConvertName(stream.Status.ToString()),
        };
        if (stream.StatusReason is not null)
        {
            status["reason"] = stream.StatusReason;
        }

        return Results.Json(status);
    }
}
