using IdP.Recovery.PasswordReset;
using Tests.Support;

namespace Recovery.Tests.Attacks;

/// <summary>
/// What the reset of an administrator may do, said a second time and without a database: what is mailed, who may
/// approve and stop, which proof counts, and when the password changes.
/// </summary>
internal sealed class AdministratorModel(AdministratorProof proof)
{
    private const int ProofsPerLink = 5;
    private int turns;

    /// <summary>Raised by a wait that outlives every link, hold and alert.</summary>
    public int Day { get; set; }

    public List<Request> Requests { get; } = [];

    /// <summary>For how many of these waits the link that stops a request works: those of 96 hours, or of 120.</summary>
    public int AskedDays => proof == AdministratorProof.Approval ? 4 : 3;

    public bool HasWaiting => Requests.Any(r => r.Queued);

    public Request Ask(Administrator owner, Guid id, DateTimeOffset at)
    {
        var request = new Request(owner, id, at, Day) { Turn = ++turns };
        Requests.Add(request);
        return request;
    }

    /// <summary>The requests whose link is mailed now.</summary>
    public IReadOnlyList<Request> Mail()
    {
        var mailed = new List<Request>();
        foreach (var request in Requests.Where(r => r.Queued).OrderBy(r => r.Turn).ToList())
        {
            request.Queued = false;
            if (request.Ended is not null)
            {
                continue;
            }

            if (request.Owner.Closed)
            {
                request.Ended = "suspended";
            }
            else if (Requests.Any(r => r.Owner == request.Owner && r.Mailed is not null && r.At > request.At))
            {
                request.Ended = "superseded";
            }
            else if (proof == AdministratorProof.Approval && request.ApprovedOn is null)
            {
                (request.Held, request.Known) = (true, true);
            }
            else if ((request.ApprovedOn ?? request.Since) < Day)
            {
                request.Ended = "late";
            }
            else
            {
                (request.Mailed, request.Known) = (Day, true);
                EndOthers(request, r => r.At <= request.At && !r.Opened, "replaced");
                mailed.Add(request);
            }
        }

        return mailed;
    }

    public string Open(Request? request)
    {
        if (!Lives(request))
        {
            return "Gone";
        }

        request!.Opened = true;
        return Asks(request) ? "Usable, asks for a factor" : "Usable";
    }

    /// <summary>Shows a saved code of the owner, or something that proves nothing here.</summary>
    public string Prove(Request? request, bool right)
    {
        if (!Lives(request))
        {
            return "Gone";
        }

        if (!Asks(request!))
        {
            return "Proved";
        }

        request!.Proofs++;
        if (right)
        {
            request.Proved = true;
            return "Proved";
        }

        if (request.Proofs == ProofsPerLink)
        {
            request.Ended = "too many proofs";
            return "Gone";
        }

        return "Refused";
    }

    public string Complete(Request? request, string password)
    {
        if (!Lives(request))
        {
            return "Gone";
        }

        if (Asks(request!))
        {
            return "FactorRequired";
        }

        request!.Ended = "used";
        request.Owner.Password = password;
        request.Owner.Codes.Clear();
        request.Owner.PhoneWorks = false;
        EndOthers(request, _ => true, "credentials changed");
        return "Done";
    }

    public string Approve(Request? request, Administrator by)
    {
        if (request is not { Held: true, ApprovedOn: null, Ended: null } || request.Since < Day)
        {
            return "Gone";
        }

        if (by == request.Owner || by.Closed)
        {
            return "NotYours";
        }

        request.ApprovedOn = Day;
        (request.Queued, request.Turn) = (true, ++turns);
        return "Done";
    }

    public string Stop(Request? request, StopLink? link)
    {
        if (
            request is null
            || link is not { Used: false }
            || Day - link.ToldOn > link.Days
            || request.Owner.Other.Closed
        )
        {
            return "Gone";
        }

        link.Used = true;
        if (request.Ended == "used" && Day - request.CompletedOn <= 2 && !request.Owner.Closed)
        {
            request.Owner.Closed = true;
            EndOthers(request, _ => true, "stopped");
            return "Closed";
        }

        if (request.Ended is not null)
        {
            return "TooLate";
        }

        request.Ended = "stopped";
        var over = request.Mailed < Day || request is { Held: true, ApprovedOn: null } && request.Since < Day;
        return over ? "TooLate" : "Done";
    }

    /// <summary>Whether a proof shown for the request is looked at.</summary>
    public bool WouldLook(Request? request) => Lives(request) && Asks(request!);

    public bool Lives(Request? request) => request is { Mailed: { } day, Ended: null } && day == Day;

    private bool Asks(Request request) => proof == AdministratorProof.Factor && !request.Proved;

    // Those that the jobs have not looked at yet belong to nobody.
    private void EndOthers(Request but, Func<Request, bool> which, string why)
    {
        foreach (var other in Requests.Where(r => r != but && r.Owner == but.Owner && r.Known && which(r)))
        {
            other.Ended ??= why;
        }
    }

    /// <summary>Somebody of the console.</summary>
    public sealed class Administrator(string id, string address, Authenticator phone)
    {
        public string Id { get; } = id;

        public string Address { get; } = address;

        public Authenticator Phone { get; } = phone;

        public string Password { get; set; } = RecoveryHost.GoodPassword;

        public Administrator Other { get; set; } = null!;

        /// <summary>Whether a done reset was stopped: nothing of theirs goes on any more.</summary>
        public bool Closed { get; set; }

        /// <summary>Whether no reset has replaced the app's key.</summary>
        public bool PhoneWorks { get; set; } = true;

        /// <summary>The newest of the app's steps that was taken.</summary>
        public long LastStep { get; set; }

        /// <summary>Saved codes that are not used yet.</summary>
        public List<string> Codes { get; } = [];
    }

    /// <summary>A reset that was asked for.</summary>
    public sealed class Request(Administrator owner, Guid id, DateTimeOffset at, int since)
    {
        public Administrator Owner { get; } = owner;

        public Guid Id { get; } = id;

        public DateTimeOffset At { get; } = at;

        public int Since { get; } = since;

        /// <summary>Whether the jobs have it before them.</summary>
        public bool Queued { get; set; } = true;

        /// <summary>When, among all.</summary>
        public int Turn { get; set; }

        /// <summary>Whether the jobs have found whose it is.</summary>
        public bool Known { get; set; }

        public bool Held { get; set; }

        public int? ApprovedOn { get; set; }

        public int? Mailed { get; set; }

        public bool Opened { get; set; }

        public int Proofs { get; set; }

        public bool Proved { get; set; }

        /// <summary>Why it ended before its time.</summary>
        public string? Ended { get; set; }

        public string? Token { get; set; }

        public DateTimeOffset? CompletedAt { get; set; }

        public int CompletedOn { get; set; }

        /// <summary>The link that the other administrator was mailed when it was asked for.</summary>
        public StopLink? Asked { get; set; }

        /// <summary>The one that came when it was done.</summary>
        public StopLink? Completed { get; set; }
    }

    /// <summary>A mailed link that stops a reset.</summary>
    public sealed class StopLink(string token, int toldOn, int days)
    {
        public string Token { get; } = token;

        public int ToldOn { get; } = toldOn;

        /// <summary>For how many waits it works.</summary>
        public int Days { get; } = days;

        public bool Used { get; set; }
    }
}
