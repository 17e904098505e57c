using System.ComponentModel.DataAnnotations;

namespace IdP.Recovery.Passwords;

/// <summary>Section <c>AccountRecovery:Hashing</c>.</summary>
public sealed class HashingOptions
{
    /// <summary>How many passwords are hashed at once. Default the number of cores; 1 to 1024.</summary>
    [Range(1, 1024, ErrorMessage = "AccountRecovery:Hashing:Parallel must be from 1 to 1024.")]
    public int Parallel { get; set; } = Environment.ProcessorCount;

    /// <summary>How many may wait for their turn before the answer is 503. Default 32 a core; 0 to 100 000.</summary>
    [Range(0, 100_000, ErrorMessage = "AccountRecovery:Hashing:Waiting must be from 0 to 100000.")]
    public int Waiting { get; set; } = 32 * Environment.ProcessorCount;

    /// <summary>
    /// How many sign-ins of one network may be hashed or wait, so that one network cannot fill the queue. Default 8 a core;
    /// 1 to 100 000.
    /// </summary>
    [Range(1, 100_000, ErrorMessage = "AccountRecovery:Hashing:PerNetwork must be from 1 to 100000.")]
    public int PerNetwork { get; set; } = 8 * Environment.ProcessorCount;
}
