namespace Recovery.Tests;
