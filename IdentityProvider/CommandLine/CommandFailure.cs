using System.Data.Common;
using IdentityProvider.Clients;
using IdentityProvider.Operations;

namespace IdentityProvider.CommandLine;

/// <summary>A command that cannot do what it was asked; its message is the line that is shown.</summary>
internal sealed class CommandFailure(string message) : Exception(message)
{
    /// <summary>Whether a line says enough; anything else is a bug and keeps its trace.</summary>
    public static bool IsExpected(Exception exception) =>
        exception is CommandFailure or ClientsFileException or IOException or UnauthorizedAccessException or DbException
        || Failures.StatusOf(exception) == StatusCodes.Status503ServiceUnavailable;

    public static string Describe(Exception exception) =>
        exception is CommandFailure or ClientsFileException or IOException or UnauthorizedAccessException
            ? exception.Message
            : $"The database failed: {exception.GetBaseException().Message.ReplaceLineEndings(" ")}";
}
