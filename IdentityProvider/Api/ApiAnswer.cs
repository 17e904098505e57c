using System.Text.Json;

namespace IdentityProvider.Api;

/// <summary>An answer that is written out at once, so that it can also be kept and given again.</summary>
internal sealed class ApiAnswer(int status, object? body, string contentType = "application/json") : IResult
{
    public int Status => status;

    public string ContentType => contentType;

    public string? Location { get; init; }

    /// <summary>The code of a problem; null when it is none, or one that was kept.</summary>
    public string? Code => (body as ProblemBody)?.Code;

    public byte[] Body { get; } =
        body switch
        {
            null => [],
            byte[] kept => kept,
            _ => JsonSerializer.SerializeToUtf8Bytes(body, ApiBody.Json),
        };

    public static ApiAnswer Ok(object body) => new(StatusCodes.Status200OK, body);

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (Location is not null)
        {
            response.Headers.Location = Location;
        }

        if (Body.Length > 0)
        {
            response.ContentType = contentType;
            response.ContentLength = Body.Length;
            await response.Body.WriteAsync(Body, httpContext.RequestAborted);
        }
    }
}
