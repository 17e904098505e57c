using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Tests.Support;

/// <summary>A server that answers every request with the same bytes, whatever they are, on a free loopback port.</summary>
internal sealed class OddService : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<Stream, CancellationToken, Task> answer;
    private readonly X509Certificate2? certificate;
    private readonly Task accepting;
    private int asked;

    private OddService(Func<Stream, CancellationToken, Task> answer, X509Certificate2? certificate)
    {
        this.answer = answer;
        this.certificate = certificate;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address =>
        new(
            FormattableString.Invariant(
                $"{(certificate is null ? "http" : "https")}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"
            )
        );

    /// <summary>How many connections there were.</summary>
    public int Asked => asked;

    /// <summary>Answers with a status, a body and header lines.</summary>
    public static OddService Saying(string status, string body = "", string headers = "") =>
        Writing(
            $"HTTP/1.1 {status}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{headers}\r\n{body}"
        );

    /// <summary>Writes bytes, and closes.</summary>
    public static OddService Writing(string bytes, X509Certificate2? certificate = null) =>
        new(async (stream, stop) => await stream.WriteAsync(Encoding.UTF8.GetBytes(bytes), stop), certificate);

    /// <summary>Takes the request and never says anything.</summary>
    public static OddService Silent() => new((_, stop) => Task.Delay(Timeout.Infinite, stop), certificate: null);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        await accepting;
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> answering = [];
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                Interlocked.Increment(ref asked);
                answering.Add(AnswerAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(answering);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                if (certificate is not null)
                {
                    var tls = new SslStream(stream);
                    await tls.AuthenticateAsServerAsync(certificate);
                    stream = tls;
                }

                // What is asked is read first, or closing would break the connection before it is heard.
                var buffer = new byte[64 * 1024];
                var read = await stream.ReadAsync(buffer, stopping.Token);
                if (read > 0)
                {
                    await answer(stream, stopping.Token);
                }

                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(buffer, stopping.Token) > 0) { }
            }
            catch (Exception exception)
                when (exception
                        is OperationCanceledException
                            or IOException
                            or SocketException
                            or System.Security.Authentication.AuthenticationException
                )
            {
                // The other side has left.
            }
        }
    }
}
