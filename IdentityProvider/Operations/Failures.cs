using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using IdP.Recovery.Passwords;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace IdentityProvider.Operations;

/// <summary>
/// Turns an exception into a status; the error page, or problem+json for applications, makes the answer of it. Nobody
/// is shown a stack trace, in Development neither.
/// </summary>
internal sealed partial class Failures(RequestDelegate next, ILogger<Failures> logger)
{
    private static readonly TimeSpan BusyRetryAfter = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            var status = StatusOf(exception);
            if (status == StatusCodes.Status500InternalServerError)
            {
                LogFailed(exception, http.TraceIdentifier);
            }
            else if (status == StatusCodes.Status503ServiceUnavailable)
            {
                LogBusy(http.TraceIdentifier, exception.GetType().Name);
            }

            http.Response.Clear();
            http.Response.StatusCode = status;
            if (status == StatusCodes.Status503ServiceUnavailable)
            {
                http.Response.Headers.RetryAfter = ((int)RetryAfter(exception).TotalSeconds).ToString(
                    CultureInfo.InvariantCulture
                );
            }
        }
    }

    /// <summary>The status that says what kind of failure it is.</summary>
    public static int StatusOf(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is BadHttpRequestException bad)
            {
                return bad.StatusCode;
            }

            if (inner is HashingQueueFullException || IsBusy(inner))
            {
                return StatusCodes.Status503ServiceUnavailable;
            }
        }

        // What a form's limits throw.
        return exception is InvalidDataException
            ? StatusCodes.Status400BadRequest
            : StatusCodes.Status500InternalServerError;
    }

    private static bool IsBusy(Exception exception) =>
        exception switch
        {
            // BUSY, LOCKED, IOERR, FULL, CANTOPEN: the file, not the statement.
            SqliteException sqlite => sqlite.SqliteErrorCode is 5 or 6 or 10 or 13 or 14,
            PostgresException postgres => postgres.SqlState[..2] is "08" or "53" or "57"
                || postgres.SqlState is "40001" or "40P01" or "55P03",
            NpgsqlException npgsql => npgsql.IsTransient
                || npgsql.InnerException is SocketException or IOException or TimeoutException,
            TimeoutException => true,
            DbException other => other.IsTransient,
            _ => false,
        };

    private static TimeSpan RetryAfter(Exception exception) =>
        exception is HashingQueueFullException ? HashingQueueFullException.RetryAfter : BusyRetryAfter;

    [LoggerMessage(LogLevel.Error, "Request {TraceId} failed")]
    private partial void LogFailed(Exception exception, string traceId);

    [LoggerMessage(LogLevel.Warning, "Request {TraceId} was answered 503: {Error}")]
    private partial void LogBusy(string traceId, string error);
}

internal static class FailureAnswers
{
    private static readonly string[] SessionCookies = ["idp", "__Host-idp"];

    public static void UseFailures(this WebApplication app)
    {
        app.UseWhen(http => IsForApplications(http.Request.Path), api => api.UseStatusCodePages(WriteProblemAsync));
        app.UseWhen(
            http => !IsForApplications(http.Request.Path),
            pages => pages.UseStatusCodePagesWithReExecute("/error/{0}", createScopeForStatusCodePages: true)
        );
        app.UseMiddleware<Failures>();
        app.Use(ShowErrorToAnybody);
        app.Use(RequestShapes.InvokeAsync);
    }

    // A person's browser comes to these two; everything else under /connect is called by applications.
    private static bool IsForApplications(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.Ordinal)
        || path.StartsWithSegments("/ssf", StringComparison.Ordinal)
        || (
            path.StartsWithSegments("/connect", StringComparison.Ordinal, out var rest)
            && rest.Value is not ("/authorize" or "/logout")
        );

    private static Task WriteProblemAsync(StatusCodeContext failed) =>
        Results.Problem(statusCode: failed.HttpContext.Response.StatusCode).ExecuteAsync(failed.HttpContext);

    // The error page is got, whatever failed was: its form must not be read again, and its session not be looked up in
    // a database that may be what is away.
    private static Task ShowErrorToAnybody(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<IStatusCodeReExecuteFeature>() is not null)
        {
            var request = http.Request;
            request.Method = HttpMethods.Get;
            request.ContentType = null;
            http.Features.Set<IFormFeature>(null);
            request.Headers.Cookie = string.Join(
                "; ",
                request
                    .Cookies.Where(c => !SessionCookies.Contains(c.Key))
                    .Select(c => $"{c.Key}={Uri.EscapeDataString(c.Value)}")
            );
        }

        return next(http);
    }
}
