using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Passwords;

/// <summary>Section <c>Argon2id</c>: the cost of a password hash (OWASP Password Storage). Parallelism is 1.</summary>
public sealed class Argon2idOptions
{
    /// <summary>Memory in KiB. Default and least 19456 (19 MiB); at most 1048576 (1 GiB).</summary>
    [Range(19_456, 1_048_576, ErrorMessage = "Argon2id:MemoryKiB must be from 19456 to 1048576.")]
    public int MemoryKiB { get; set; } = 19_456;

    /// <summary>Passes. Default and least 2; at most 10.</summary>
    [Range(2, 10, ErrorMessage = "Argon2id:Passes must be from 2 to 10.")]
    public int Passes { get; set; } = 2;
}
